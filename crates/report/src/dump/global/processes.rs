//! How the kernel treats the processes.
use super::{Out, or};
use conf::{Config, Spanned};

/// One process of the original's three.
struct Process<'a> {
    name: &'a str,
    nice: Option<Spanned<i8>>,
    no_swap: bool,
    realtime: Option<Spanned<u8>>,
    cpus: &'a [Spanned<Box<str>>],
    limit: Option<Spanned<u32>>,
}

pub(super) fn write(out: &mut Out, config: &Config) {
    let process = &config.global.process;
    let most = config.global.max_auto_priority;
    let most = most.map_or(0, |v| v.value.unwrap_or(99));
    out.value(1, "Max auto priority", most);
    let delay = or(process.min_auto_priority_delay, 1_000_000);
    out.value(1, "Min auto priority delay", format_args!("{delay} usecs"));
    for one in [
        Process {
            name: "VRRP",
            nice: process.vrrp_priority,
            no_swap: process.vrrp_no_swap,
            realtime: process.vrrp_rt_priority,
            cpus: &process.vrrp_cpu_affinity,
            limit: process.vrrp_rlimit_rttime,
        },
        Process {
            name: "Checker",
            nice: process.checker_priority,
            no_swap: process.checker_no_swap,
            realtime: process.checker_rt_priority,
            cpus: &process.checker_cpu_affinity,
            limit: process.checker_rlimit_rttime,
        },
        Process {
            name: "BFD",
            nice: process.bfd_priority,
            no_swap: process.bfd_no_swap,
            realtime: process.bfd_rt_priority,
            cpus: &process.bfd_cpu_affinity,
            limit: process.bfd_rlimit_rttime,
        },
    ] {
        let name = one.name;
        out.value(1, &format!("{name} process priority"), or(one.nice, 0));
        out.value(1, &format!("{name} don't swap"), one.no_swap);
        out.value(1, &format!("{name} realtime priority"), or(one.realtime, 0));
        if !one.cpus.is_empty() {
            let cpus: Vec<_> = one.cpus.iter().map(|cpu| &*cpu.value).collect();
            let cpus = cpus.join(" ") + " ";
            out.value(1, &format!("{name} CPU Affinity"), cpus);
        }
        out.value(1, &format!("{name} realtime limit"), or(one.limit, 10_000));
    }
}
