//! Against a real kernel, and what its own program reads there.
mod marking;

use super::*;
use crate::testing::Wire;
use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

fn open() -> Firewall {
    Firewall::open(Settings::default()).unwrap()
}

fn listing() -> String {
    let output = Command::new("nft")
        .args(["list", "ruleset"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The lines of a listing, in an order of their own: that of sets and chains does not matter, that
/// of rules in a chain is a test of its own.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.sort_unstable();
    lines
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// As the original's table is listed for `no_accept`.
const CLOSED: &str = r#"
table ip keepalived {
	set vips {
		type ipv4_addr
		elements = { 10.0.0.5, 10.0.0.6 }
	}
	chain out {
		type filter hook output priority filter - 1; policy accept;
		ip saddr @vips drop
	}
	chain in {
		type filter hook input priority filter - 1; policy accept;
		ip daddr @vips drop
	}
}
table ip6 keepalived {
	set parent_link_local {
		type ipv6_addr . ifname
	}
	set vips {
		type ipv6_addr
		elements = { 2001:db8::5 }
	}
	set neighbor-discovery {
		type icmpv6_type
		flags constant
		elements = { nd-neighbor-solicit,
			     nd-neighbor-advert }
	}
	set vips_link_local {
		type ipv6_addr . iface_index
		elements = { fe80::5 . "eth0" }
	}
	chain out {
		type filter hook output priority filter - 1; policy accept;
		icmpv6 type nd-neighbor-advert meta oifkind "macvlan" ip6 saddr . oifname @parent_link_local drop
		icmpv6 type @neighbor-discovery accept
		ip6 saddr fe80::/10 goto out_link_local
		ip6 saddr @vips drop
	}
	chain in {
		type filter hook input priority filter - 1; policy accept;
		icmpv6 type @neighbor-discovery accept
		ip6 daddr fe80::/10 goto in_link_local
		ip6 daddr @vips drop
	}
	chain in_link_local {
		ip6 daddr . iif @vips_link_local drop
	}
	chain out_link_local {
		ip6 saddr . oif @vips_link_local drop
	}
}
"#;

/// As the original's table is listed for `use_vmac`.
const VMACS: &str = r#"
table ip keepalived {
	map vmac_map {
		type iface_index : iface_index
		elements = { "lo" : "eth0" }
	}
	chain out {
		type filter hook output priority filter - 1; policy accept;
		ip protocol igmp meta oifkind "macvlan" dup to ip daddr device oif map @vmac_map drop
	}
}
table ip6 keepalived {
	set parent_link_local {
		type ipv6_addr . ifname
		elements = { fe80::807a:59ff:fed4:6dd2 . "lo" }
	}
	map vmac_map {
		type iface_index : iface_index
		elements = { "lo" : "eth0" }
	}
	set vmac_set {
		type iface_index
		elements = { "lo" }
	}
	set mld-report {
		type icmpv6_type
		flags constant
		elements = { mld-listener-report,
			     mld2-listener-report }
	}
	chain out {
		type filter hook output priority filter - 1; policy accept;
		icmpv6 type nd-neighbor-advert meta oifkind "macvlan" ip6 saddr . oifname @parent_link_local drop
		icmpv6 type @mld-report meta oifkind "macvlan" dup to ip6 daddr device oif map @vmac_map drop
		icmpv6 type nd-router-solicit meta oifkind "macvlan" oif @vmac_set drop
	}
}
"#;

#[test]
fn the_tables_are_the_originals() {
    let wire = Wire::new();
    wire.left(|link| {
        let mut firewall = open();
        let on = |address| (ip(address), link.index);
        let closed = ["10.0.0.6", "10.0.0.5", "2001:db8::5", "fe80::5"]
            .map(on)
            .to_vec();
        firewall.replace(&Rules {
            closed,
            vmacs: Vec::new(),
        })?;
        assert_eq!(lines(&listing()), lines(CLOSED));
        let text = listing();
        let place = |line: &str| text.rfind(line).unwrap();
        assert!(place("icmpv6 type @neighbor-discovery accept") < place("goto in_link_local"));
        assert!(place("goto in_link_local") < place("ip6 daddr @vips drop"));
        // Any interface will do for what is only listed.
        let vmac = |family| Vmac {
            family,
            link: LinkName {
                index: 1,
                name: "lo".into(),
            },
            parent: link.index,
            parent_link_local: Some("fe80::807a:59ff:fed4:6dd2".parse().unwrap()),
        };
        let vmacs = [Family::V4, Family::V6].map(vmac).to_vec();
        firewall.replace(&Rules {
            closed: Vec::new(),
            vmacs,
        })?;
        assert_eq!(lines(&listing()), lines(VMACS));
        firewall.remove()?;
        assert_eq!(listing(), "");
        Ok(())
    });
}

#[test]
fn others_tables_stay_and_a_refusal_changes_nothing() {
    let wire = Wire::new();
    wire.left(|_| {
        let made = Command::new("nft")
            .args(["add", "table", "ip", "theirs"])
            .status()?;
        assert!(made.success());
        let mut firewall = open();
        let rules = Rules {
            closed: vec![(ip("10.0.0.5"), 1)],
            vmacs: Vec::new(),
        };
        firewall.replace(&rules)?;
        let before = listing();
        assert!(before.contains("table ip theirs") && before.contains("10.0.0.5"));
        // A table's name that the kernel finds too long.
        let settings = Settings {
            table: "x".repeat(300),
            ..Settings::default()
        };
        let why = Firewall::open(settings)?.replace(&rules).unwrap_err();
        assert_ne!(why.errno(), libc::ENOBUFS, "{why}");
        assert_eq!(listing(), before);
        firewall.remove()?;
        assert!(listing().contains("table ip theirs"));
        Ok(())
    });
}

#[test]
fn thousands_of_addresses_are_taken_at_once_and_counted() {
    let wire = Wire::new();
    wire.left(|_| {
        let settings = Settings {
            counters: true,
            ..Settings::default()
        };
        let mut firewall = Firewall::open(settings)?;
        let address = |n: u32| (IpAddr::from((0x0a01_0000 + n).to_be_bytes()), 1);
        let closed = (0..3000).map(address).collect();
        firewall.replace(&Rules {
            closed,
            vmacs: Vec::new(),
        })?;
        let text = listing();
        assert!(text.contains("10.1.11.183") && text.contains("counter packets 0 bytes 0 drop"));
        Ok(())
    });
}

/// The point of it: packets to a closed address do not arrive.
#[test]
fn a_closed_address_takes_nothing() {
    let wire = Wire::new();
    let ear = wire.right(|link| {
        let settings = Settings {
            counters: true,
            ..Settings::default()
        };
        let rules = Rules {
            closed: vec![(ip("10.0.0.2"), link.index)],
            vmacs: Vec::new(),
        };
        Firewall::open(settings)?.replace(&rules)?;
        UdpSocket::bind("10.0.0.2:7")
    });
    let mouth = wire.left(|_| UdpSocket::bind("10.0.0.1:0"));
    mouth.send_to(b"closed", "10.0.0.2:7").unwrap();
    // It has come so far and no further.
    while !wire.right(|_| Ok(listing())).contains("counter packets 1 ") {
        std::thread::yield_now();
    }
    wire.right(|_| Ok(open().remove()?));
    mouth.send_to(b"open", "10.0.0.2:7").unwrap();
    ear.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut buffer = [0; 16];
    let (length, _) = ear.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"open");
}
