//! The state of the VRRP process as JSON (`SIGRTMIN + 2`), in the original's fields and order.
//!
//! Version 1 is an array of instances; version 2 (`json_version`) an object that also has the
//! tracked processes.
use crate::dump::policy;
use core::time::Duration;
use plan::{Address, Command, Instance, Plan, Source};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use vrrp::{Auth, InstanceId, Preempt, Router, StateKind, Stats, TrackerId, What};
use wire::{Instant, Version};

/// What the processes that are tracked come to, which only the supervisor knows.
pub type Tallies = BTreeMap<TrackerId, Tally>;

/// Of one `vrrp_track_process`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Copies that run.
    pub copies: u32,
    /// There are enough, for less than `fork_delay`.
    pub forming: bool,
    /// There are not, for less than `terminate_delay`.
    pub failing: bool,
}

/// Everything, as one line. `utc` turns monotonic time into seconds since 1970. Without instances
/// there is nothing to write.
pub fn vrrp(
    plan: &Plan,
    router: &Router,
    tallies: &Tallies,
    utc: impl Fn(Instant) -> f64,
) -> Option<String> {
    let instances = plan.instances.iter();
    let all: Vec<Entry> = instances
        .filter_map(|(id, instance)| {
            Some(Entry {
                data: data(plan, router, *id, instance, &utc)?,
                stats: Counters::from(router.stats(*id)?),
            })
        })
        .collect();
    if all.is_empty() {
        return None;
    }
    let text = if plan.global.json_version >= 2 {
        serde_json::to_string(&Both {
            vrrp: all,
            track_process: processes(plan, router, tallies),
        })
    } else {
        serde_json::to_string(&all)
    };
    text.ok()
}

#[derive(Serialize)]
struct Both {
    vrrp: Vec<Entry>,
    track_process: Vec<TrackedProcess>,
}

#[derive(Serialize)]
struct Entry {
    data: Data,
    stats: Counters,
}

/// Flags are numbers or booleans as the original has them.
#[derive(Serialize)]
struct Data {
    iname: String,
    dont_track_primary: u8,
    skip_check_adv_addr: u8,
    strict_mode: u8,
    vmac_ifname: String,
    ifp_ifname: String,
    master_priority: u8,
    last_transition: f64,
    garp_delay: u64,
    garp_refresh: u64,
    garp_rep: u32,
    garp_refresh_rep: u32,
    garp_lower_prio_delay: u64,
    garp_lower_prio_rep: u32,
    lower_prio_no_advert: u8,
    higher_prio_send_advert: u8,
    vrid: u8,
    base_priority: u8,
    effective_priority: u8,
    vipset: bool,
    promote_secondaries: bool,
    adver_int: Number,
    master_adver_int: Number,
    accept: u8,
    nopreempt: bool,
    preempt_delay: u64,
    state: u8,
    wantstate: u8,
    version: u8,
    smtp_alert: bool,
    notify_deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_backup: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_master: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_stop: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_deleted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_master_rx_lower_pri: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vroutes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vrules: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_ifp: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_script: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_process: Vec<String>,
    auth_type: u8,
    #[serde(rename = "auth_data", skip_serializing_if = "Option::is_none")]
    secret: Option<&'static str>,
}

fn data(
    plan: &Plan,
    router: &Router,
    id: InstanceId,
    instance: &Instance,
    utc: &impl Fn(Instant) -> f64,
) -> Option<Data> {
    let (params, notify) = (&instance.params, &instance.notify);
    let (state, garp) = (router.state(id)?, params.garp);
    let held = state == StateKind::Master;
    let (own, excluded) = instance
        .addresses
        .split_at_checked(params.addresses.len())
        .unwrap_or((&instance.addresses, &[]));
    let lines = |all: &[Address]| all.iter().map(|address| line(address, held)).collect();
    // adverts go by an interface that was made on top of another
    let upper = plan
        .uppers
        .iter()
        .find(|upper| upper.name == params.interface);
    let below = upper.map_or(&params.interface, |upper| &upper.base);
    let text = |command: &Option<Command>| command.as_ref().map(quoted);
    Some(Data {
        iname: instance.name.clone(),
        dont_track_primary: params.dont_track_primary.into(),
        skip_check_adv_addr: params.skip_address_check.into(),
        strict_mode: instance.strict.into(),
        vmac_ifname: upper.map(|upper| upper.name.clone()).unwrap_or_default(),
        ifp_ifname: below.clone(),
        master_priority: router.heard_priority(id).map_or(0, wire::Priority::get),
        last_transition: utc(router.last_transition(id)?),
        garp_delay: garp.delay.as_secs(),
        garp_refresh: garp.refresh.as_secs(),
        garp_rep: garp.repeat,
        garp_refresh_rep: garp.refresh_repeat,
        garp_lower_prio_delay: garp.lower_prio_delay.as_secs(),
        garp_lower_prio_rep: garp.lower_prio_repeat,
        lower_prio_no_advert: params.lower_prio_no_advert.into(),
        higher_prio_send_advert: params.higher_prio_send_advert.into(),
        vrid: params.vrid.get(),
        base_priority: params.priority.get(),
        effective_priority: router.effective_priority(id)?.get(),
        vipset: held,
        promote_secondaries: instance.promote_secondaries,
        adver_int: Number(params.interval.as_duration()),
        master_adver_int: Number(router.master_interval(id)?.as_duration()),
        accept: instance.accept.into(),
        nopreempt: params.preempt == Preempt::No,
        preempt_delay: match params.preempt {
            Preempt::After(delay) => delay.as_secs(),
            Preempt::Yes | Preempt::No => 0,
        },
        state: number(state),
        wantstate: number(if state == StateKind::Init {
            StateKind::Backup
        } else {
            state
        }),
        version: if params.version == Version::V2 { 2 } else { 3 },
        smtp_alert: notify.alert,
        notify_deleted: notify.deleted.is_some(),
        script_backup: text(&notify.backup),
        script_master: text(&notify.master),
        script_fault: text(&notify.fault),
        script_stop: text(&notify.stop),
        script_deleted: notify.deleted.as_ref().and_then(text),
        script: text(&notify.any),
        script_master_rx_lower_pri: text(&notify.lower_priority),
        vips: lines(own),
        evips: lines(excluded),
        vroutes: instance.routes.iter().map(policy::route).collect(),
        vrules: instance.rules.iter().map(policy::rule).collect(),
        track_ifp: tracked(plan, instance, Tracks::Interfaces),
        track_script: tracked(plan, instance, Tracks::Scripts),
        track_process: tracked(plan, instance, Tracks::Processes),
        auth_type: match params.auth {
            Auth::None => 0,
            Auth::Pass(_) => 1,
            Auth::Ah(_) => 2,
        },
        // masked, as the original does since 2.4.0
        secret: (params.auth != Auth::None).then_some("********"),
    })
}

/// Seconds, without a fraction where there is none: some readers take whole numbers only.
struct Number(Duration);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.subsec_nanos() {
            0 => serializer.serialize_u64(self.0.as_secs()),
            _ => serializer.serialize_f64(self.0.as_secs_f64()),
        }
    }
}

/// The original's numbers.
const fn number(state: StateKind) -> u8 {
    match state {
        StateKind::Init => 0,
        StateKind::Backup => 1,
        StateKind::Master => 2,
        StateKind::Fault => 3,
        StateKind::Stopped => 98,
    }
}

fn line(address: &Address, held: bool) -> String {
    let label = address.label.as_ref();
    let label = label
        .map(|label| format!(" label {label}"))
        .unwrap_or_default();
    let set = if held { " set" } else { "" };
    let host = address.prefix.addr();
    let full = if host.is_ipv4() { 32 } else { 128 };
    let prefix = match address.prefix.prefix_len() {
        len if len == full => host.to_string(),
        _ => address.prefix.to_string(),
    };
    let scope = crate::data::scope(address.scope);
    format!("{prefix} dev {} scope {scope}{label}{set}", address.dev)
}

/// Each word in single quotes.
fn quoted(command: &Command) -> String {
    let words = command.words.iter().map(|word| format!("'{word}'"));
    words.collect::<Vec<_>>().join(" ")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tracks {
    Interfaces,
    Scripts,
    Processes,
}

fn tracked(plan: &Plan, instance: &Instance, kind: Tracks) -> Vec<String> {
    let name = |what: &What| match what {
        What::Interface(name) => (kind == Tracks::Interfaces).then(|| name.clone()),
        What::Object(id) => {
            let object = plan.trackers.get(id)?;
            let is = match object.source {
                Source::Script(_) => Tracks::Scripts,
                Source::Process(_) => Tracks::Processes,
                Source::File(_) | Source::Bfd => return None,
            };
            // scripts are told by their commands, as the original does
            let text = match &object.source {
                Source::Script(script) => quoted(&script.command),
                _ => object.tracker.name.clone(),
            };
            (is == kind).then_some(text)
        }
    };
    let tracks = instance.params.tracks.iter();
    tracks.filter_map(|tracked| name(&tracked.what)).collect()
}

#[derive(Serialize)]
struct TrackedProcess {
    process: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<String>,
    param_match: &'static str,
    min_processes: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_processes: Option<u32>,
    current_processes: u32,
    have_quorum: bool,
    weight: i32,
    terminate_delay: Number,
    fork_delay: Number,
    fork_delay_timer_running: bool,
    terminate_delay_timer_running: bool,
    full_command: bool,
}

fn processes(plan: &Plan, router: &Router, tallies: &Tallies) -> Vec<TrackedProcess> {
    let tally = |id: &TrackerId| tallies.get(id).copied().unwrap_or_default();
    let process = |(id, object): (&vrrp::TrackerId, &plan::Object)| match &object.source {
        Source::Process(process) => Some(TrackedProcess {
            process: object.tracker.name.clone(),
            parameters: process.params.as_ref().map(|(words, _)| words.join(" ")),
            param_match: match process.params {
                None => "none",
                Some((_, plan::ParamMatch::Exact)) => "exact",
                Some((_, plan::ParamMatch::Partial)) => "partial",
                Some((_, plan::ParamMatch::Initial)) => "initial",
            },
            min_processes: process.quorum,
            max_processes: (process.quorum_max != u32::MAX).then_some(process.quorum_max),
            current_processes: tally(id).copies,
            have_quorum: router.is_up(*id).unwrap_or(false),
            weight: object.weight,
            terminate_delay: Number(process.terminate_delay),
            fork_delay: Number(process.fork_delay),
            fork_delay_timer_running: tally(id).forming,
            terminate_delay_timer_running: tally(id).failing,
            full_command: process.full_command,
        }),
        _ => None,
    };
    plan.trackers.iter().filter_map(process).collect()
}

#[derive(Serialize)]
struct Counters {
    advert_rcvd: u64,
    advert_sent: u64,
    become_master: u64,
    release_master: u64,
    packet_len_err: u64,
    advert_interval_err: u64,
    ip_ttl_err: u64,
    invalid_type_rcvd: u64,
    addr_list_err: u64,
    invalid_authtype: u64,
    authtype_mismatch: u64,
    auth_failure: u64,
    auth_ext_missing: u64,
    auth_ext_malformed: u64,
    auth_ext_unknown_key: u64,
    auth_ext_invalid_hmac: u64,
    auth_ext_stale: u64,
    auth_ext_replay: u64,
    pri_zero_rcvd: u64,
    pri_zero_sent: u64,
}

impl From<&Stats> for Counters {
    fn from(s: &Stats) -> Self {
        Counters {
            advert_rcvd: s.advert_rcvd,
            advert_sent: s.advert_sent,
            become_master: s.become_master,
            release_master: s.release_master,
            packet_len_err: s.packet_len_err,
            advert_interval_err: s.advert_interval_err,
            ip_ttl_err: s.ip_ttl_err,
            invalid_type_rcvd: s.invalid_type_rcvd,
            addr_list_err: s.addr_list_err,
            invalid_authtype: s.invalid_authtype,
            authtype_mismatch: s.authtype_mismatch,
            auth_failure: s.auth_failure,
            auth_ext_missing: s.auth_ext_missing,
            auth_ext_malformed: s.auth_ext_malformed,
            auth_ext_unknown_key: s.auth_ext_unknown_key,
            auth_ext_invalid_hmac: s.auth_ext_invalid_hmac,
            auth_ext_stale: s.auth_ext_stale,
            auth_ext_replay: s.auth_ext_replay,
            pri_zero_rcvd: s.pri_zero_rcvd,
            pri_zero_sent: s.pri_zero_sent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use vrrp::{Change, Params};
    use wire::{Family, Vrid};

    fn dump(version: u8) -> Value {
        let mut params = Params::new("eth0", Vrid::new(51).unwrap(), Family::V4);
        let prefixes = ["10.0.0.100/24", "10.0.0.101/32", "10.0.1.1/32"];
        let addresses: Vec<Address> = prefixes
            .iter()
            .map(|text| Address::new(text.parse().unwrap(), "eth0"))
            .collect();
        params.addresses = addresses.iter().take(2).map(|a| a.prefix.addr()).collect();
        let mut router = Router::new();
        router.apply(Instant::ZERO, Change::Add(InstanceId(0), params.clone()));
        let words = vec!["/bin/x".into(), "a".into()];
        let any = Some(Command::new(words, None));
        let notify = plan::Notify {
            any,
            ..plan::Notify::default()
        };
        let instance = Instance {
            extra_garp: None,
            promote_on: Vec::new(),
            name: "VI_1".into(),
            params: params.into(),
            ttl: 255,
            addresses,
            accept: true,
            strict: false,
            promote_secondaries: false,
            receive_buffer: None,
            routes: Vec::new(),
            rules: Vec::new(),
            notify,
        };
        let mut plan = Plan::default();
        plan.global.json_version = version;
        plan.instances.insert(InstanceId(0), Box::new(instance));
        serde_json::from_str(&vrrp(&plan, &router, &Tallies::new(), |_| 1.5).unwrap()).unwrap()
    }

    #[test]
    fn exporters_find_their_fields() {
        let one = dump(1);
        let data = &one[0]["data"];
        assert_eq!(data["iname"], "VI_1");
        assert_eq!(data["state"], 3, "no interface");
        assert_eq!(data["script"], "'/bin/x' 'a'");
        assert_eq!(data["vips"][0], "10.0.0.100/24 dev eth0 scope global");
        assert_eq!(data["vips"][1], "10.0.0.101 dev eth0 scope global");
        assert_eq!(data["evips"][0], "10.0.1.1 dev eth0 scope global");
        assert_eq!(data["last_transition"], 1.5);
        assert!(data["adver_int"].is_u64(), "a whole number");
        assert_eq!(
            (&data["smtp_alert"], &data["strict_mode"]),
            (&false.into(), &0.into())
        );
        assert_eq!(one[0]["stats"]["become_master"], 0);
        assert!(data.get("track_script").is_none(), "left out when empty");
        assert_eq!(dump(2)["vrrp"][0]["data"]["vrid"], 51);
    }

    #[test]
    fn without_instances_nothing_is_written() {
        assert_eq!(
            vrrp(&Plan::default(), &Router::new(), &Tallies::new(), |_| 0.0),
            None
        );
    }
}
