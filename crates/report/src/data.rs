//! The state of the VRRP process in the original's layout (`SIGUSR1`): tools look for labels, and
//! tell sections apart by indentation.
use core::fmt::{self, Write};
use plan::{Address, Instance, Plan};
use vrrp::{Auth, InstanceId, Preempt, Router, StateKind};
use wire::{Family, Version};

/// The part of the file that belongs to virtual routers.
pub fn vrrp(plan: &Plan, router: &Router) -> String {
    let mut text = String::new();
    // writing to a String cannot fail
    let _ = topology(&mut text, plan, router);
    text
}

/// What the supervisor knows of: its own file beside the roles' ones.
pub fn supervisor(plan: &Plan) -> String {
    let mut text = String::new();
    // writing to a String cannot fail
    let _ = global(&mut text, plan);
    text
}

fn global(out: &mut String, plan: &Plan) -> fmt::Result {
    writeln!(out, "------< Global definitions >------")?;
    match &plan.global.router_id {
        Some(id) => writeln!(out, " Router ID = {id}"),
        None => Ok(()),
    }
}

fn topology(out: &mut String, plan: &Plan, router: &Router) -> fmt::Result {
    global(out, plan)?;
    if !plan.instances.is_empty() {
        writeln!(out, "------< VRRP Topology >------")?;
    }
    for (id, instance) in &plan.instances {
        block(out, *id, instance, router)?;
    }
    writeln!(out, "------< VRRP packets for nobody >------")?;
    writeln!(out, " Unknown VRID = {}", router.unknown_vrids())?;
    writeln!(out, " Too short = {}", router.stubs())
}

fn block(out: &mut String, id: InstanceId, instance: &Instance, router: &Router) -> fmt::Result {
    let params = &instance.params;
    let state = router.state(id).map_or("INIT", name);
    writeln!(out, " VRRP Instance = {}", instance.name)?;
    writeln!(
        out,
        "   VRRP Version = {}",
        if params.version == Version::V2 { 2 } else { 3 }
    )?;
    writeln!(out, "   State = {state}")?;
    writeln!(
        out,
        "   Wantstate = {}",
        if params.start_master {
            "MASTER"
        } else {
            "BACKUP"
        }
    )?;
    writeln!(out, "   Interface = {}", params.interface)?;
    if let Some(master) = router.master(id) {
        writeln!(out, "   Master router = {master}")?;
    }
    writeln!(
        out,
        "   Gratuitous ARP delay = {}",
        params.garp.delay.as_secs()
    )?;
    writeln!(out, "   Gratuitous ARP repeat = {}", params.garp.repeat)?;
    writeln!(
        out,
        "   Gratuitous ARP refresh = {}",
        params.garp.refresh.as_secs()
    )?;
    writeln!(
        out,
        "   Gratuitous ARP refresh repeat = {}",
        params.garp.refresh_repeat
    )?;
    writeln!(out, "   Virtual Router ID = {}", params.vrid)?;
    writeln!(out, "   Priority = {}", params.priority)?;
    let effective = router.effective_priority(id).unwrap_or(params.priority);
    writeln!(out, "   Effective priority = {effective}")?;
    match params.version {
        Version::V2 => writeln!(out, "   Advert interval = {} sec", params.interval)?,
        Version::V3 => writeln!(
            out,
            "   Advert interval = {} milli-sec",
            u32::from(params.interval.centis()) * 10
        )?,
    }
    writeln!(
        out,
        "   Preempt = {}",
        if params.preempt == Preempt::No {
            "disabled"
        } else {
            "enabled"
        }
    )?;
    if let Preempt::After(delay) = params.preempt {
        writeln!(out, "   Preempt delay = {} secs", delay.as_secs())?;
    }
    authentication(out, &params.auth)?;
    addresses(out, &instance.addresses, params.family)?;
    if let Some(stats) = router.stats(id) {
        writeln!(out, "   Checksum errors = {}", stats.checksum_err)?;
        writeln!(out, "   Version errors = {}", stats.version_err)?;
    }
    Ok(())
}

/// The secret itself is nobody's business: masked, as the original does since 2.4.0.
fn authentication(out: &mut String, auth: &Auth) -> fmt::Result {
    match auth {
        Auth::Pass(_) => {
            writeln!(out, "   Authentication type = SIMPLE_PASSWORD")?;
            writeln!(out, "   Password = ********")
        }
        Auth::Ah(_) => {
            writeln!(out, "   Authentication type = IPSEC_AH")?;
            writeln!(out, "   Password = ********")
        }
        Auth::None => Ok(()),
    }
}

fn addresses(out: &mut String, all: &[Address], family: Family) -> fmt::Result {
    writeln!(out, "   Virtual IP ({}):", all.len())?;
    for address in all {
        write!(
            out,
            "     {} dev {} scope {}",
            address.prefix,
            address.dev,
            scope(address.scope)
        )?;
        if let (Some(label), Family::V4) = (&address.label, family) {
            write!(out, " label {label}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

pub(crate) fn scope(number: u8) -> &'static str {
    match number {
        200 => "site",
        253 => "link",
        254 => "host",
        255 => "nowhere",
        _ => "global",
    }
}

/// A state's word, as files and log lines have it.
pub const fn name(state: StateKind) -> &'static str {
    match state {
        StateKind::Init => "INIT",
        StateKind::Backup => "BACKUP",
        StateKind::Master => "MASTER",
        StateKind::Fault => "FAULT",
        StateKind::Stopped => "STOP",
    }
}
