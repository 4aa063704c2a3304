//! Log lines in the original's wording: people grep for them, tools parse them.
use core::time::Duration;
use std::net::IpAddr;
use vrrp::{Event, ListFault, Reject, StateKind};
use wire::{AdvertInterval, Family, Version};

/// The line for an event of the instance `name`; `None` for what is counted but never logged.
///
/// Changes of state have their line here too, as [`Event::Entering`]: a
/// [`Notice`](vrrp::Notice) is for notify scripts, mail and the like, and is not logged.
pub fn event(name: &str, event: &Event) -> Option<String> {
    if let Event::Overslept { .. }
    | Event::Refused {
        why: Reject::AhSpi { .. },
        ..
    } = event
    {
        return text(event);
    }
    let colon = if matches!(event, Event::OwnerAlone) {
        ":"
    } else {
        ""
    };
    Some(format!("({name}){colon} {}", text(event)?))
}

/// Whether only `-D` shows the line.
pub const fn is_detail(event: &Event) -> bool {
    matches!(
        event,
        Event::Timeout
            | Event::Setting
            | Event::Removing
            | Event::SentStop
            | Event::BackupHeardStop
            | Event::MasterHeardStop
            | Event::MasterSet { .. }
            | Event::MasterChanged { .. }
    )
}

/// The line for a refusal that no instance is named in.
pub fn packet(why: &Reject) -> Option<String> {
    match why {
        Reject::Stub { family, got, .. } => Some(format!(
            "{} VRRP packet too short - {got} bytes",
            ip(*family)
        )),
        _ => None,
    }
}

fn text(event: &Event) -> Option<String> {
    Some(match event {
        Event::Entering { state, init } => entering(*state, *init),
        Event::PriorityChanged { from, to } => {
            format!("Changing effective priority from {from} to {to}")
        }
        Event::Timeout => "Receive advertisement timeout".into(),
        Event::Setting => "setting VIPs.".into(),
        Event::Removing => "removing VIPs.".into(),
        Event::SentStop => "sent 0 priority".into(),
        Event::BackupHeardStop => "Backup received priority 0 advertisement".into(),
        Event::MasterHeardStop => "Master received priority 0 message".into(),
        Event::Higher {
            from,
            priority,
            ours,
        } => {
            format!(
                "Master received advert from {from} with higher priority {priority}, ours {ours}"
            )
        }
        Event::Equal { from, priority } => {
            format!(
                "Master received advert from {from} with same priority {priority} but higher IP address than ours"
            )
        }
        Event::Lower {
            from,
            priority,
            ours,
        } => {
            format!(
                "Received advert from {from} with lower priority {priority}, ours {ours}, forcing new election"
            )
        }
        Event::Discarded { from, priority } => {
            format!("received lower priority ({priority}) advert from {from} - discarding")
        }
        Event::PreemptDelay(delay) => format!("start preempt delay ({})", seconds(*delay)),
        Event::MasterSet { to } => format!("master set to {to}"),
        Event::MasterChanged { from, to } => format!("master changed from {from} to {to}"),
        Event::IntervalDiffers { got, want } => format!(
            "advertisement interval mismatch ours = {} centi-sec rcv'd={} centi-sec",
            want.centis(),
            got.centis()
        ),
        Event::IntervalLearnt { from, to } => {
            format!(
                "advertisement interval updated from {}ms to {}ms by master",
                millis(*from),
                millis(*to)
            )
        }
        Event::IntervalReset { from, to } => {
            format!(
                "changing advert interval from {}ms to locally configured {}ms",
                millis(*from),
                millis(*to)
            )
        }
        Event::List {
            fault: ListFault::Count { want, got },
            ..
        } => {
            format!("expected {want} VIPs but received {got}")
        }
        Event::List {
            from,
            fault: ListFault::Missing(address),
            vrid,
        } => {
            format!(
                "ip address associated with VRID {vrid} not present in advert from {from}: {address}"
            )
        }
        Event::OwnerConflict { with } => {
            format!(
                "CONFIGURATION ERROR: local instance and {with} are both configured as address owner, please resolve"
            )
        }
        Event::OwnerReduced { with } => {
            format!(
                "{with} is still advertising as address owner, please resolve - reducing our priority"
            )
        }
        Event::OwnerRestored => {
            "Restoring our priority to 255 since other address owner has disappeared".into()
        }
        Event::OwnerAlone => "rogue address owner appears to have stopped advertising".into(),
        Event::Overslept { late } => {
            format!("VRRP thread timer expired {} seconds ago", seconds(*late))
        }
        Event::Refused { from, why } => return refused(*from, why),
        _ => return None,
    })
}

fn entering(state: StateKind, init: bool) -> String {
    let word = match state {
        StateKind::Init => "INIT",
        StateKind::Backup => "BACKUP",
        StateKind::Master => "MASTER",
        StateKind::Fault => "FAULT",
        StateKind::Stopped => "STOP",
    };
    match (state, init) {
        (StateKind::Fault, true) => "entering FAULT state".into(),
        (StateKind::Backup, true) => format!("Entering {word} STATE (init)"),
        _ => format!("Entering {word} STATE"),
    }
}

fn refused(from: IpAddr, why: &Reject) -> Option<String> {
    Some(match why {
        Reject::Length { want, got } => {
            let side = if got < want { "short" } else { "long" };
            format!("vrrp packet from {from} too {side}, length {got} and expect {want}")
        }
        Reject::Ttl { got, want } => {
            format!("invalid TTL/HL from {from}. Received {got} and expect {want}")
        }
        Reject::Version { got, want } => {
            format!("wrong VRRP version from {from}. Received {got} and expect {want}")
        }
        Reject::AuthUnknown { got } => format!("Invalid auth type from {from}: {got}"),
        Reject::AuthType { got, want } => {
            format!("received a {got} auth from {from}, expecting {want}!")
        }
        Reject::Password => format!("received an invalid passwd from {from}!"),
        Reject::AhIcv => {
            "IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !"
                .into()
        }
        Reject::AhSpi { got, want } => {
            let (got, want) = (got.swap_bytes(), want.swap_bytes());
            format!("IPSEC AH : invalid IPSEC SPI value. {want} and expect {got}")
        }
        Reject::AhReplay { got, last } => {
            format!(
                "IPSEC-AH : sequence number {got} already processed. Packet dropped. Local({last})"
            )
        }
        Reject::HmacMissing => format!("advert from {from} has no auth_hmac trailer"),
        Reject::HmacMalformed => format!("advert from {from} has a malformed auth_hmac trailer"),
        Reject::HmacStale => {
            format!("auth_hmac time of the advert from {from} is outside of the time window")
        }
        Reject::HmacKey { got } => format!(
            "advert from {from} is signed with auth_hmac key {got}, which is not configured"
        ),
        Reject::HmacWrong => format!("advert from {from} has an invalid auth_hmac signature"),
        Reject::HmacReplay => format!("advert from {from} is an auth_hmac replay"),
        Reject::NotPeer => format!("unicast source address {from} not a unicast peer"),
        Reject::PeerTtl { got, low, high } => {
            format!("TTL/HL {got} from {from} not in range [{low}, {high}]")
        }
        Reject::Interval {
            got,
            want,
            version: Version::V2,
        } => {
            format!("advertisement interval mismatch with {from} mine={want} sec rcv'd={got} sec")
        }
        Reject::Interval {
            got,
            want,
            version: Version::V3,
        } => {
            format!("advertisement interval mismatch ours = {want} centi-sec rcv'd={got} centi-sec")
        }
        Reject::Type { got } => format!("Invalid packet type from {from}. {got} and expect 1"),
        Reject::Checksum {
            version: Version::V2,
        } => format!("Invalid VRRPv2 checksum from {from}"),
        Reject::Checksum {
            version: Version::V3,
        } => format!("Invalid VRRPv3 checksum from {from}"),
        _ => return None,
    })
}

const fn ip(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}

fn millis(interval: AdvertInterval) -> u32 {
    u32::from(interval.centis()) * 10
}

/// With six decimals.
fn seconds(span: Duration) -> String {
    format!("{}.{:06}", span.as_secs(), span.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{Priority, Vrid};

    fn line(what: &Event) -> String {
        event("VI_1", what).unwrap()
    }

    fn peer() -> IpAddr {
        "10.20.0.9".parse().unwrap()
    }

    /// Every line was seen from the original.
    #[test]
    fn states_and_elections_are_told_as_the_original_does() {
        let (from, priority, ours) = (peer(), Priority::new(150), Priority::DEFAULT);
        let init = Event::Entering {
            state: StateKind::Backup,
            init: true,
        };
        let master = Event::Entering {
            state: StateKind::Master,
            init: false,
        };
        let fault = Event::Entering {
            state: StateKind::Fault,
            init: false,
        };
        assert_eq!(line(&init), "(VI_1) Entering BACKUP STATE (init)");
        assert_eq!(line(&master), "(VI_1) Entering MASTER STATE");
        assert_eq!(line(&fault), "(VI_1) Entering FAULT STATE");
        assert_eq!(
            line(&Event::Timeout),
            "(VI_1) Receive advertisement timeout"
        );
        assert_eq!(line(&Event::Setting), "(VI_1) setting VIPs.");
        assert_eq!(line(&Event::Removing), "(VI_1) removing VIPs.");
        assert_eq!(line(&Event::SentStop), "(VI_1) sent 0 priority");
        assert_eq!(
            line(&Event::BackupHeardStop),
            "(VI_1) Backup received priority 0 advertisement"
        );
        assert_eq!(
            line(&Event::MasterHeardStop),
            "(VI_1) Master received priority 0 message"
        );
        assert_eq!(
            line(&Event::Higher {
                from,
                priority,
                ours
            }),
            "(VI_1) Master received advert from 10.20.0.9 with higher priority 150, ours 100"
        );
        assert_eq!(
            line(&Event::Equal {
                from,
                priority: ours
            }),
            "(VI_1) Master received advert from 10.20.0.9 with same priority 100 but higher IP address than ours"
        );
        let priority = Priority::new(50);
        assert_eq!(
            line(&Event::Lower {
                from,
                priority,
                ours
            }),
            "(VI_1) Received advert from 10.20.0.9 with lower priority 50, ours 100, forcing new election"
        );
        assert_eq!(
            line(&Event::Discarded { from, priority }),
            "(VI_1) received lower priority (50) advert from 10.20.0.9 - discarding"
        );
        assert_eq!(
            line(&Event::PreemptDelay(Duration::from_secs(3))),
            "(VI_1) start preempt delay (3.000000)"
        );
        assert_eq!(
            line(&Event::MasterSet { to: from }),
            "(VI_1) master set to 10.20.0.9"
        );
        let before = "10.20.0.10".parse().unwrap();
        assert_eq!(
            line(&Event::MasterChanged {
                from: before,
                to: from
            }),
            "(VI_1) master changed from 10.20.0.10 to 10.20.0.9"
        );
    }

    #[test]
    fn intervals_and_lists_are_told_as_the_original_does() {
        let (half, second) = (
            AdvertInterval::from_centis(50).unwrap(),
            AdvertInterval::DEFAULT,
        );
        let vrid = Vrid::new(55).unwrap();
        let list = |fault| {
            line(&Event::List {
                from: peer(),
                fault,
                vrid,
            })
        };
        assert_eq!(
            line(&Event::IntervalDiffers {
                got: second,
                want: half
            }),
            "(VI_1) advertisement interval mismatch ours = 50 centi-sec rcv'd=100 centi-sec"
        );
        assert_eq!(
            line(&Event::IntervalLearnt {
                from: half,
                to: second
            }),
            "(VI_1) advertisement interval updated from 500ms to 1000ms by master"
        );
        assert_eq!(
            line(&Event::IntervalReset {
                from: second,
                to: half
            }),
            "(VI_1) changing advert interval from 1000ms to locally configured 500ms"
        );
        assert_eq!(
            list(ListFault::Count { want: 1, got: 2 }),
            "(VI_1) expected 1 VIPs but received 2"
        );
        assert_eq!(
            list(ListFault::Missing("10.20.0.249".parse().unwrap())),
            "(VI_1) ip address associated with VRID 55 not present in advert from 10.20.0.9: 10.20.0.249"
        );
    }

    fn authentication() -> impl Iterator<Item = (Reject, &'static str)> {
        [
            (
                Reject::AhIcv,
                "IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !",
            ),
            (
                Reject::AhReplay { got: 4, last: 5 },
                "IPSEC-AH : sequence number 4 already processed. Packet dropped. Local(5)",
            ),
            (
                Reject::NotPeer,
                "unicast source address 10.20.0.9 not a unicast peer",
            ),
            (
                Reject::PeerTtl {
                    got: 249,
                    low: 250,
                    high: 255,
                },
                "TTL/HL 249 from 10.20.0.9 not in range [250, 255]",
            ),
        ]
        .into_iter()
    }

    #[test]
    fn two_lines_do_not_name_the_instance() {
        let late = Duration::from_micros(2_408_093);
        let why = Reject::AhSpi {
            got: 0x0102_0304,
            want: 0x0a14_000a,
        };
        assert_eq!(
            line(&Event::Overslept { late }),
            "VRRP thread timer expired 2.408093 seconds ago"
        );
        assert_eq!(
            line(&Event::Refused { from: peer(), why }),
            "IPSEC AH : invalid IPSEC SPI value. 167777290 and expect 67305985"
        );
    }

    #[test]
    fn two_owners_are_told_as_the_original_does() {
        let with = peer();
        assert_eq!(
            line(&Event::OwnerConflict { with }),
            "(VI_1) CONFIGURATION ERROR: local instance and 10.20.0.9 are both configured as address owner, please resolve"
        );
        assert_eq!(
            line(&Event::OwnerReduced { with }),
            "(VI_1) 10.20.0.9 is still advertising as address owner, please resolve - reducing our priority"
        );
        assert_eq!(
            line(&Event::OwnerRestored),
            "(VI_1) Restoring our priority to 255 since other address owner has disappeared"
        );
        assert_eq!(
            line(&Event::OwnerAlone),
            "(VI_1): rogue address owner appears to have stopped advertising"
        );
    }

    #[test]
    fn refusals_are_told_as_the_original_does() {
        let (v2, v3) = (Version::V2, Version::V3);
        let cases = [
            (
                Reject::Length { want: 40, got: 38 },
                "vrrp packet from 10.20.0.9 too short, length 38 and expect 40",
            ),
            (
                Reject::Length { want: 32, got: 36 },
                "vrrp packet from 10.20.0.9 too long, length 36 and expect 32",
            ),
            (
                Reject::Ttl {
                    got: 254,
                    want: 255,
                },
                "invalid TTL/HL from 10.20.0.9. Received 254 and expect 255",
            ),
            (
                Reject::Version { got: 3, want: 2 },
                "wrong VRRP version from 10.20.0.9. Received 3 and expect 2",
            ),
            (
                Reject::AuthUnknown { got: 3 },
                "Invalid auth type from 10.20.0.9: 3",
            ),
            (
                Reject::AuthType { got: 0, want: 1 },
                "received a 0 auth from 10.20.0.9, expecting 1!",
            ),
            (
                Reject::Password,
                "received an invalid passwd from 10.20.0.9!",
            ),
            (
                Reject::Interval {
                    got: 2,
                    want: 1,
                    version: v2,
                },
                "advertisement interval mismatch with 10.20.0.9 mine=1 sec rcv'd=2 sec",
            ),
            (
                Reject::Interval {
                    got: 0,
                    want: 50,
                    version: v3,
                },
                "advertisement interval mismatch ours = 50 centi-sec rcv'd=0 centi-sec",
            ),
            (
                Reject::Type { got: 2 },
                "Invalid packet type from 10.20.0.9. 2 and expect 1",
            ),
            (
                Reject::Checksum { version: v2 },
                "Invalid VRRPv2 checksum from 10.20.0.9",
            ),
            (
                Reject::Checksum { version: v3 },
                "Invalid VRRPv3 checksum from 10.20.0.9",
            ),
        ];
        for (why, text) in cases.into_iter().chain(authentication()) {
            assert_eq!(
                line(&Event::Refused { from: peer(), why }),
                format!("(VI_1) {text}")
            );
        }
        assert_eq!(
            event(
                "VI_1",
                &Event::Refused {
                    from: peer(),
                    why: Reject::Cast
                }
            ),
            None
        );
        let stub = Reject::Stub {
            family: Family::V4,
            want: 28,
            got: 26,
        };
        assert_eq!(
            packet(&stub).unwrap(),
            "IPv4 VRRP packet too short - 26 bytes"
        );
    }
}
