//! Scenario C: nginx on both load balancers, two web servers, one client.
use crate::client::Client;
use crate::daemon::Launch;
use crate::lan::Node;
use crate::nginx::Nginx;
use crate::scenario::{Death, LONG, NGINX, Pair, VIP, host};
use crate::timeline::{Stamp, now};
use std::io;
use std::net::Ipv4Addr;

/// `examples/nginx/nginx.conf`, for both load balancers.
pub const PROXY: &str = include_str!("../../../examples/nginx/nginx.conf");
const SERVERS: [(&str, Ipv4Addr, &str); 2] = [
    (
        "web01",
        Ipv4Addr::new(10, 20, 0, 251),
        include_str!("../../../examples/nginx/web01.conf"),
    ),
    (
        "web02",
        Ipv4Addr::new(10, 20, 0, 252),
        include_str!("../../../examples/nginx/web02.conf"),
    ),
];
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 50);

/// All machines of the scenario, running.
#[derive(Debug)]
pub struct Website {
    /// The client, asking the virtual address without pause.
    pub client: Client,
    proxies: [Nginx; 2],
    _servers: Vec<(Nginx, Node)>,
    _client: Node,
    /// The load balancers.
    pub pair: Pair,
}

impl Website {
    /// Starts everything and waits until the client gets its first answer.
    pub fn start(launches: [Launch; 2]) -> io::Result<Self> {
        Self::with(launches, NGINX)
    }

    /// The same with other configurations of the load balancers.
    pub fn with(launches: [Launch; 2], configs: [&str; 2]) -> io::Result<Self> {
        let mut pair = Pair::new(launches, configs)?;
        let mut servers = Vec::new();
        for (name, address, config) in SERVERS {
            let node = pair.lan.node(name, host(address))?;
            servers.push((Nginx::start(&node, config)?, node));
        }
        let proxy = |node: &Node| {
            // The backup has to listen on an address that it does not have yet.
            node.space.sysctl("net.ipv4.ip_nonlocal_bind", "1")?;
            Nginx::start(node, PROXY)
        };
        let proxies = [proxy(&pair.lb01.node)?, proxy(&pair.lb02.node)?];
        pair.start()?;
        let node = pair.lan.node("client", host(CLIENT))?;
        let since = now();
        let client = Client::start(&node, VIP)?;
        let website = Self {
            client,
            proxies,
            _servers: servers,
            _client: node,
            pair,
        };
        if website.client.answered(since, LONG) {
            Ok(website)
        } else {
            Err(website.pair.failed("the client got no answer"))
        }
    }

    /// Takes the power from lb01 and waits until the client gets answers again, through lb02;
    /// returns the moment of the loss and that of the takeover.
    pub fn lose_lb01(&mut self) -> io::Result<(Stamp, Stamp)> {
        let struck = Death::PowerLost.strike(&mut self.pair.lb01)?;
        let taken = self.pair.lb02.announces(VIP, struck);
        let taken = taken.ok_or_else(|| self.pair.failed("lb02 did not take over"))?;
        self.expect_answers(taken)?;
        Ok((struck, taken))
    }

    /// Gives lb01 its power back and waits until it has taken the address back and the client
    /// gets answers; returns the moment of the return and that of the takeover.
    pub fn return_lb01(&mut self) -> io::Result<(Stamp, Stamp)> {
        let back = Death::PowerLost.undo(&mut self.pair.lb01)?;
        let taken = self.pair.lb01.announces(VIP, back);
        let taken = taken.ok_or_else(|| self.pair.failed("lb01 did not take back"))?;
        self.expect_answers(taken)?;
        Ok((back, taken))
    }

    /// `killall nginx` on lb01; waits until the client gets answers through lb02. Returns the moment
    /// of the end and that of the takeover.
    pub fn kill_nginx(&mut self) -> io::Result<(Stamp, Stamp)> {
        let struck = self.mark("nginx killed");
        self.pair.lb01.node.space.output("killall", &["nginx"])?;
        let [first, _] = &mut self.proxies;
        first.wait()?;
        let taken = self.pair.lb02.announces(VIP, struck);
        let taken = taken.ok_or_else(|| self.pair.failed("lb02 did not take over"))?;
        self.expect_answers(taken)?;
        Ok((struck, taken))
    }

    /// Starts nginx on lb01 again; waits until lb01 has taken the address back and the client gets
    /// answers. Returns the moment of the start and that of the takeover.
    pub fn return_nginx(&mut self) -> io::Result<(Stamp, Stamp)> {
        let back = self.mark("nginx started again");
        let [first, _] = &mut self.proxies;
        *first = Nginx::start(&self.pair.lb01.node, PROXY)?;
        let taken = self.pair.lb01.announces(VIP, back);
        let taken = taken.ok_or_else(|| self.pair.failed("lb01 did not take back"))?;
        self.expect_answers(taken)?;
        Ok((back, taken))
    }

    fn mark(&self, text: &str) -> Stamp {
        self.pair.lan.timeline().mark("lb01", text)
    }

    /// Whether nginx runs on both load balancers.
    pub fn proxies_run(&mut self) -> bool {
        self.proxies.iter_mut().all(Nginx::is_running)
    }

    fn expect_answers(&self, since: Stamp) -> io::Result<()> {
        if self.client.answered(since, LONG) {
            Ok(())
        } else {
            Err(self.pair.failed("the client gets no answers"))
        }
    }
}
