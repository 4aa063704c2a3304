//! The two load balancers of the examples, and the ways in which one of them dies.
use crate::daemon::{Daemon, Launch};
use crate::lan::{Lan, Node};
use crate::timeline::{Event, Stamp, Timeline};
use ipnet::Ipv4Net;
use nix::sys::signal::Signal;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

/// The virtual address of scenario A.
pub const VIP: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 249);
/// Its label on the interface.
pub const LABEL: &str = "eth0:1";
/// The second virtual address, of active/active.
pub const VIP2: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 248);
/// Its label on the interface.
pub const LABEL2: &str = "eth0:2";
/// Own address of lb01.
pub const LB01: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 1);
/// Own address of lb02.
pub const LB02: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 2);

/// How long to wait for anything that must happen: a bound against hanging, no measure.
pub const LONG: Duration = Duration::from_secs(30);

/// `examples/active-backup`: lb01, lb02.
pub const ACTIVE_BACKUP: [&str; 2] = [
    include_str!("../../../examples/active-backup/lb01.conf"),
    include_str!("../../../examples/active-backup/lb02.conf"),
];
/// `examples/active-active`: lb01, lb02.
pub const ACTIVE_ACTIVE: [&str; 2] = [
    include_str!("../../../examples/active-active/lb01.conf"),
    include_str!("../../../examples/active-active/lb02.conf"),
];
/// `examples/tutorial`.
pub const TUTORIAL: &str = include_str!("../../../examples/tutorial/keepalived.conf");
/// `examples/nginx`: lb01, lb02.
pub const NGINX: [&str; 2] = [
    include_str!("../../../examples/nginx/lb01.conf"),
    include_str!("../../../examples/nginx/lb02.conf"),
];

/// An address of the examples' network, 10.20.0.0/24.
pub fn host(address: Ipv4Addr) -> Ipv4Net {
    Ipv4Net::new_assert(address, 24)
}

/// A node that runs a daemon with one configuration.
#[derive(Debug)]
pub struct Balancer {
    /// Comes first so that it is dropped, and its daemon killed, before its node.
    daemon: Option<Daemon>,
    /// The machine.
    pub node: Node,
    /// What is started on it.
    pub launch: Launch,
    /// The configuration file's text.
    pub config: String,
    timeline: Timeline,
}

impl Balancer {
    /// Plugs a machine into the LAN; nothing is started yet.
    pub fn new(
        lan: &Lan,
        name: &str,
        address: Ipv4Addr,
        launch: Launch,
        config: &str,
    ) -> io::Result<Self> {
        let node = lan.node(name, host(address))?;
        Ok(Self {
            daemon: None,
            node,
            launch,
            config: config.to_owned(),
            timeline: lan.timeline().clone(),
        })
    }

    /// Starts the daemon.
    pub fn start(&mut self) -> io::Result<&mut Daemon> {
        let daemon = Daemon::start(&self.node, &self.timeline, &self.launch, &self.config)?;
        Ok(self.daemon.insert(daemon))
    }

    /// The daemon.
    ///
    /// # Errors
    /// `NotFound` before the first start.
    pub fn daemon(&mut self) -> io::Result<&mut Daemon> {
        self.daemon
            .as_mut()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "not started"))
    }

    /// Writes a new configuration and sends SIGHUP.
    pub fn reload(&mut self, config: &str) -> io::Result<Stamp> {
        config.clone_into(&mut self.config);
        self.node.space.write(crate::daemon::CONFIG, config)?;
        self.daemon()?.signal(Signal::SIGHUP)
    }

    /// Waits until the node announces the address by gratuitous ARP, `None` if it does not.
    pub fn announces(&self, address: Ipv4Addr, since: Stamp) -> Option<Stamp> {
        self.timeline
            .wait(since, LONG, |e| self.announcement(e, address))
    }

    fn announcement(&self, event: &Event, address: Ipv4Addr) -> Option<Stamp> {
        let ours = event.node == self.node.name && event.frame()?.gratuitous() == Some(address);
        ours.then_some(event.at)
    }

    /// Waits for a log line that contains `text`.
    pub fn logs(&self, text: &str, since: Stamp) -> Option<String> {
        let line = |e: &Event| {
            e.log()
                .filter(|l| e.node == self.node.name && l.contains(text))
                .map(str::to_owned)
        };
        self.timeline.wait(since, LONG, line)
    }

    /// Waits until the node's interface carries the address, or carries it no more.
    pub fn comes_to_hold(
        &self,
        address: Ipv4Addr,
        label: Option<&str>,
        wanted: bool,
    ) -> io::Result<bool> {
        let end = std::time::Instant::now() + LONG;
        while self.node.holds(address, label)? != wanted {
            if std::time::Instant::now() > end {
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(true)
    }
}

/// Ways in which a load balancer dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// SIGTERM: it says goodbye with priority 0.
    Stopped,
    /// SIGKILL to all its processes.
    Killed,
    /// The cable is pulled: the node loses carrier.
    CablePulled,
    /// `ip link set eth0 down` on the node.
    InterfaceDown,
    /// SIGSTOP to all its processes: it keeps the address, and says nothing.
    Frozen,
    /// The plug of the machine: cable dead, all processes of the daemon gone.
    PowerLost,
}

impl Death {
    /// Those of scenario A.
    pub const ALL: [Death; 5] = [
        Death::Stopped,
        Death::Killed,
        Death::CablePulled,
        Death::InterfaceDown,
        Death::Frozen,
    ];

    /// Makes it happen.
    pub fn strike(self, victim: &mut Balancer) -> io::Result<Stamp> {
        match self {
            Death::Stopped => {
                let at = victim
                    .timeline
                    .mark(&victim.node.name, "daemon told to stop");
                victim.daemon()?.stop()?;
                Ok(at)
            }
            Death::Killed => victim.daemon()?.kill(),
            Death::CablePulled => victim.node.cable(false),
            Death::InterfaceDown => victim.node.interface(false),
            Death::Frozen => victim.daemon()?.freeze(),
            Death::PowerLost => {
                victim.daemon()?.kill()?;
                victim.node.cable(false)
            }
        }
    }

    /// Undoes it: starts the daemon again, plugs the cable in, sets the link up, lets it go on.
    pub fn undo(self, victim: &mut Balancer) -> io::Result<Stamp> {
        match self {
            Death::Stopped | Death::Killed => {
                let at = crate::timeline::now();
                victim.start().map(|_| at)
            }
            Death::CablePulled => victim.node.cable(true),
            Death::InterfaceDown => victim.node.interface(true),
            Death::Frozen => victim.daemon()?.thaw(),
            Death::PowerLost => {
                // A machine that boots has forgotten its virtual addresses.
                if victim.node.holds(VIP, None)? {
                    victim.node.remove_address(host(VIP))?;
                }
                let at = victim.node.cable(true)?;
                victim.start().map(|_| at)
            }
        }
    }

    /// Whether the dead node still has the address: nobody was there to take it away.
    pub fn leaves_address(self) -> bool {
        matches!(self, Death::Killed | Death::Frozen | Death::PowerLost)
    }
}

/// lb01 and lb02 on one LAN.
#[derive(Debug)]
pub struct Pair {
    /// Priority 150, 10.20.0.1.
    pub lb01: Balancer,
    /// Priority 100, 10.20.0.2.
    pub lb02: Balancer,
    /// The LAN; more nodes may be plugged in.
    pub lan: Lan,
}

impl Pair {
    /// Two nodes that would run these programs with these configurations.
    pub fn new(launches: [Launch; 2], configs: [&str; 2]) -> io::Result<Self> {
        let lan = Lan::new()?;
        let ([first, second], [one, two]) = (launches, configs);
        let lb01 = Balancer::new(&lan, "lb01", LB01, first, one)?;
        let lb02 = Balancer::new(&lan, "lb02", LB02, second, two)?;
        Ok(Self { lb01, lb02, lan })
    }

    /// Starts both and waits until lb01 announces its address; returns when it did.
    pub fn start(&mut self) -> io::Result<Stamp> {
        let since = crate::timeline::now();
        // lb01 first: its timer is the shorter one, but only by 0.2 s.
        self.lb01.start()?;
        self.lb02.start()?;
        self.lb01
            .announces(VIP, since)
            .ok_or_else(|| self.failed("lb01 did not become master"))
    }

    /// An error that carries the whole timeline.
    pub fn failed(&self, what: &str) -> io::Error {
        io::Error::other(format!("{what}\n{}", self.lan.timeline().story(0)))
    }
}
