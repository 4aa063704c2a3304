//! The table of `nftables_ipvs`: as the original's is listed for the same groups.
use super::super::{MarkTable, Marking};
use super::{ip, listing};
use crate::testing::Wire;
use ledger::ipvs::Protocol;
use ledger::marks::{Marks, Span};
use std::net::UdpSocket;
use std::process::Command;

const MADE: &str = r"table ip keepalived_ipvs {
	map tcp_map {
		type ipv4_addr . inet_service : mark
		flags interval
		elements = { 10.1.0.1 . 80 : 0x000003e8,
			     10.1.0.2-10.1.0.5 . 8080 : 0x000003e8,
			     10.1.0.9 . 0-65535 : 0x000003e8 }
	}

	map udp_map {
		type ipv4_addr . inet_service : mark
		flags interval
		elements = { 10.1.0.1 . 53 : 0x000003e9 }
	}

	chain in {
		type filter hook input priority filter - 1; policy accept;
		meta mark set ip daddr . tcp dport map @tcp_map return
		meta mark set ip daddr . udp dport map @udp_map return
	}
}
table ip6 keepalived_ipvs {
	map sctp_map {
		type ipv6_addr . inet_service : mark
		flags interval
		elements = { fd00:1::1 . 80 : 0x000003ea,
			     fd00:1::2-fd00:1::5 . 81 : 0x000003ea }
	}

	chain in {
		type filter hook input priority filter - 1; policy accept;
		meta mark set ip6 daddr . sctp dport map @sctp_map return
	}
}
";

const ALL: (u16, u16) = (0, u16::MAX);

/// Protocol, first and last address, ports, mark.
type Line<'a> = (Protocol, &'a str, &'a str, (u16, u16), u32);

fn marks(spans: &[Line<'_>]) -> Marks {
    let mut marks = Marks::default();
    for (protocol, first, last, ports, mark) in spans {
        let addresses = (ip(first), ip(last));
        let ports = *ports;
        marks.add(*protocol, Span { addresses, ports }, *mark);
    }
    marks
}

fn made() -> Marks {
    use Protocol::{Sctp, Tcp, Udp};
    marks(&[
        (Tcp, "10.1.0.1", "10.1.0.1", (80, 80), 1000),
        (Tcp, "10.1.0.2", "10.1.0.5", (8080, 8080), 1000),
        (Tcp, "10.1.0.9", "10.1.0.9", ALL, 1000),
        (Udp, "10.1.0.1", "10.1.0.1", (53, 53), 1001),
        (Sctp, "fd00:1::1", "fd00:1::1", (80, 80), 1002),
        (Sctp, "fd00:1::2", "fd00:1::5", (81, 81), 1002),
    ])
}

fn settings(counters: bool) -> Marking {
    Marking {
        table: "keepalived_ipvs".into(),
        priority: -1,
        counters,
    }
}

fn nft(words: &str) {
    let words = words.split(' ');
    assert!(Command::new("nft").args(words).status().unwrap().success());
}

#[test]
fn the_table_is_the_originals() {
    Wire::new().left(|_| {
        let mut table = MarkTable::open(settings(false), None)?;
        table.hold(made())?;
        assert_eq!(listing(), MADE);
        table.remove()?;
        assert_eq!(listing(), "");
        let mut table = MarkTable::open(settings(true), None)?;
        table.hold(made())?;
        let text = listing();
        assert!(text.contains("map @tcp_map counter packets 0 bytes 0 return"));
        assert!(text.contains("10.1.0.1 . 53 counter packets 0 bytes 0 : 0x000003e9"));
        Ok(())
    });
}

/// What stays is not touched: its counters go on.
#[test]
fn a_change_writes_what_differs() {
    Wire::new().left(|_| {
        let mut table = MarkTable::open(settings(true), None)?;
        let udp = |last: &str, mark| {
            let entry = |ip| (Protocol::Udp, ip, ip, (7, 7), mark);
            marks(&[entry("10.0.0.1"), entry(last)])
        };
        table.hold(udp("10.0.0.8", 1000))?;
        // by the loopback interface, which is as good as any other
        Command::new("ip")
            .args(["link", "set", "lo", "up"])
            .status()?;
        UdpSocket::bind("10.0.0.1:0")?.send_to(b"x", "10.0.0.1:7")?;
        let counted = "10.0.0.1 . 7 counter packets 1 ";
        assert!(listing().contains(counted), "{}", listing());
        table.hold(udp("10.0.0.9", 1000))?;
        let text = listing();
        assert!(
            text.contains(counted) && text.contains("10.0.0.9 . 7 "),
            "{text}"
        );
        assert!(!text.contains("10.0.0.8"), "{text}");
        // maps stay
        table.hold(Marks::default())?;
        assert!(
            listing().contains("@udp_map") && !listing().contains("10.0.0"),
            "{}",
            listing()
        );
        Ok(())
    });
}

#[test]
fn what_others_did_and_what_a_killed_process_left_is_put_right() {
    Wire::new().left(|_| {
        nft("add table ip keepalived_ipvs");
        nft("add chain ip keepalived_ipvs left");
        nft("add table ip theirs");
        let mut table = MarkTable::open(settings(false), None)?;
        table.hold(made())?;
        let theirs = "table ip theirs {\n}\n";
        assert_eq!(listing().replace(theirs, ""), MADE);
        nft("delete table ip keepalived_ipvs");
        let mut more = made();
        let port = Span {
            addresses: (ip("10.9.0.1"), ip("10.9.0.1")),
            ports: (80, 80),
        };
        more.add(Protocol::Tcp, port, 1000);
        table.hold(more)?;
        assert!(listing().contains("10.9.0.1 . 80") && listing().contains("10.1.0.2-10.1.0.5"));
        table.remove()?;
        assert_eq!(listing(), theirs);
        Ok(())
    });
}

#[test]
fn thousands_are_taken_at_once() {
    Wire::new().left(|_| {
        let mut all = Marks::default();
        for n in 0..3000u32 {
            let address = (0x0a01_0000 + n).to_be_bytes().into();
            let port = u16::try_from(n % 7).unwrap();
            let span = Span {
                addresses: (address, address),
                ports: (port, port),
            };
            all.add(Protocol::Tcp, span, n);
        }
        let mut table = MarkTable::open(settings(false), None)?;
        table.hold(all)?;
        assert!(listing().contains("10.1.11.183 . 3 : 0x00000bb7"));
        Ok(())
    });
}
