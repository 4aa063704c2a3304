//! Processes and their files.
use crate::Spanned;

/// Processes and their files.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Process {
    /// `process_name`: process name of the parent.
    pub process_name: Option<Spanned<Box<str>>>,
    /// `process_names`: rename children `keepalived_vrrp`, `keepalived_lvs`, `keepalived_bfd`.
    pub process_names: bool,
    /// `vrrp_process_name`: process name of the VRRP child.
    pub vrrp_process_name: Option<Spanned<Box<str>>>,
    /// `checker_process_name`: process name of the checker child.
    pub checker_process_name: Option<Spanned<Box<str>>>,
    /// `checker_probers`: processes that make checks.
    pub checker_probers: Option<Spanned<u8>>,
    /// `checker_without_ipvs`: check also where the kernel has no load balancer.
    pub checker_without_ipvs: Option<Spanned<bool>>,
    /// `bfd_process_name`: process name of the BFD child.
    pub bfd_process_name: Option<Spanned<Box<str>>>,
    /// `bfd_cpu_affinity`: pin the BFD process to CPUs.
    pub bfd_cpu_affinity: Vec<Spanned<Box<str>>>,
    /// `checker_cpu_affinity`: pin the checker process to CPUs.
    pub checker_cpu_affinity: Vec<Spanned<Box<str>>>,
    /// `vrrp_cpu_affinity`: pin the VRRP process to CPUs.
    pub vrrp_cpu_affinity: Vec<Spanned<Box<str>>>,
    /// `bfd_no_swap`: lock BFD process memory.
    pub bfd_no_swap: bool,
    /// `checker_no_swap`: lock checker process memory.
    pub checker_no_swap: bool,
    /// `vrrp_no_swap`: lock VRRP process memory.
    pub vrrp_no_swap: bool,
    /// `bfd_priority`: nice value of the BFD process.
    pub bfd_priority: Option<Spanned<i8>>,
    /// `checker_priority`: nice value of the checker process.
    pub checker_priority: Option<Spanned<i8>>,
    /// `vrrp_priority`: nice value of the VRRP process.
    pub vrrp_priority: Option<Spanned<i8>>,
    /// `bfd_rt_priority`: `SCHED_RR` priority of the BFD process.
    pub bfd_rt_priority: Option<Spanned<u8>>,
    /// `checker_rt_priority`: `SCHED_RR` priority of the checker process.
    pub checker_rt_priority: Option<Spanned<u8>>,
    /// `vrrp_rt_priority`: `SCHED_RR` priority of the VRRP process.
    pub vrrp_rt_priority: Option<Spanned<u8>>,
    /// `bfd_rlimit_rttime`: `RLIMIT_RTTIME` of the realtime BFD process.
    pub bfd_rlimit_rttime: Option<Spanned<u32>>,
    /// `checker_rlimit_rttime`: `RLIMIT_RTTIME` of the realtime checker process.
    pub checker_rlimit_rttime: Option<Spanned<u32>>,
    /// `vrrp_rlimit_rttime`: `RLIMIT_RTTIME` of the realtime VRRP process.
    pub vrrp_rlimit_rttime: Option<Spanned<u32>>,
    /// `min_auto_priority_delay`: timer lateness that triggers priority escalation.
    pub min_auto_priority_delay: Option<Spanned<u32>>,
    /// `random_seed`: seed random generator, for reproducible tests.
    pub random_seed: Option<Spanned<u32>>,
    /// `tmp_config_directory`: where parsed configuration copy is stored instead of memfd.
    pub tmp_config_directory: Option<Spanned<Box<str>>>,
    /// `config_save_dir`: save expanded configuration text after each load.
    pub config_save_dir: Option<Spanned<Box<str>>>,
    /// `data_use_instance`: add namespace and instance to dump file names.
    pub data_use_instance: Option<Spanned<bool>>,
    /// `state_dump_file`: replace /tmp/keepalived.data as state dump template.
    pub state_dump_file: Option<Spanned<Box<str>>>,
    /// `stats_dump_file`: intended statistics dump path; stored but never consulted.
    pub stats_dump_file: Option<Spanned<Box<str>>>,
    /// `json_dump_file`: intended JSON dump path; stored but never consulted.
    pub json_dump_file: Option<Spanned<Box<str>>>,
    /// `json_version`: layout of JSON dump.
    pub json_version: Option<Spanned<u8>>,
    /// `iproute_etc_dir`: where iproute2 local rt_* name files live.
    pub iproute_etc_dir: Option<Spanned<Box<str>>>,
    /// `iproute_usr_dir`: where iproute2 vendor rt_* name files live.
    pub iproute_usr_dir: Option<Spanned<Box<str>>>,
    /// `umask`, as written.
    pub umask: Option<Spanned<u32>>,
    /// `reload_check_config`: test new configuration in a child before reloading.
    pub reload_check_config: Option<Spanned<Option<Box<str>>>>,
    /// `reload_file`: marker file existing only while reloading.
    pub reload_file: Option<Spanned<Option<Box<str>>>>,
    /// `reload_repeat`: repeat the timed reload daily.
    pub reload_repeat: bool,
    /// `reload_time_file`: file holding a time at which to reload.
    pub reload_time_file: Option<Spanned<Box<str>>>,
    /// `include_check`: which failing include directives count as errors.
    pub include_check: Vec<Spanned<Box<str>>>,
}

/// Settings outside of all blocks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Daemon {
    /// `child_wait_time`: wait for children at shutdown before SIGKILL.
    pub child_wait_time: Option<Spanned<u32>>,
    /// `instance`: name this daemon copy; suffixes pid files, log ident; fixed at start.
    pub instance: Option<Spanned<Box<str>>>,
    /// `linkbeat_use_polling`: poll link state of all VRRP interfaces instead of netlink.
    pub linkbeat_use_polling: bool,
    /// `namespace_with_ipsets`: permit ipsets within a namespace on kernels that lacked isolation.
    pub namespace_with_ipsets: bool,
    /// `net_namespace`: run every process inside this named network namespace; cannot change on reload.
    pub net_namespace: Option<Spanned<Box<str>>>,
    /// `net_namespace_ipvs`: network namespace used for IPVS configuration only.
    pub net_namespace_ipvs: Option<Spanned<Option<Box<str>>>>,
    /// `use_pid_dir`: put pid files under /run/keepalived/.
    pub use_pid_dir: bool,
}
