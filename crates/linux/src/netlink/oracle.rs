//! Our octets against another implementation of the same formats.
use super::address::{PROTOCOL, add_message, delete_message};
use super::link::{VethEnd, bridge_message, veth_message};
use super::tlv::Message;
use super::vmac::{IpvlanMode, Upper, ipvlan_message, macvlan_message};
use super::{route, rule};
use ledger::{Action, AddressKey, AddressSpec, Encap, Hop, Insert, IpTunnel, Route, Rule};
use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_route::address::{AddressAttribute, AddressFlags};
use netlink_packet_route::link::{InfoData, InfoVeth, LinkAttribute, LinkInfo};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use std::net::IpAddr;
use wire::{Family, MacAddr};

/// Reads the message with the other implementation, which then has to write the same octets.
fn read(mut message: Message) -> RouteNetlinkMessage {
    let bytes = message.finish(7).to_vec();
    let parsed = NetlinkMessage::<RouteNetlinkMessage>::deserialize(&bytes).unwrap();
    let mut again = vec![0; parsed.buffer_len()];
    parsed.serialize(&mut again);
    assert_eq!(again, bytes);
    let NetlinkPayload::InnerMessage(inner) = parsed.payload else {
        panic!("{parsed:?}")
    };
    inner
}

#[test]
fn an_address_with_everything() {
    let key = AddressKey {
        link: 3,
        prefix: "10.0.0.1/24".parse().unwrap(),
        peer: Some("10.0.0.2".parse().unwrap()),
    };
    let spec = AddressSpec {
        label: Some("eth0:1".into()),
        scope: 253,
        broadcast: Some("10.0.0.255".parse().unwrap()),
        flags: 0x202,
        preferred: Some(0),
    };
    let RouteNetlinkMessage::NewAddress(got) = read(add_message(&key, &spec, Some(PROTOCOL)))
    else {
        panic!()
    };
    assert_eq!(
        (got.header.family, got.header.prefix_len),
        (AddressFamily::Inet, 24)
    );
    assert_eq!((u8::from(got.header.scope), got.header.index), (253, 3));
    let local: IpAddr = "10.0.0.1".parse().unwrap();
    let peer: IpAddr = "10.0.0.2".parse().unwrap();
    let wanted = [
        AddressAttribute::Local(local),
        AddressAttribute::Address(peer),
        AddressAttribute::Broadcast("10.0.0.255".parse().unwrap()),
        AddressAttribute::Label("eth0:1".into()),
        AddressAttribute::Flags(AddressFlags::Nodad | AddressFlags::Noprefixroute),
    ];
    for attribute in wanted {
        assert!(
            got.attributes.contains(&attribute),
            "{attribute:?} in {:?}",
            got.attributes
        );
    }
    let lifetimes = got.attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::CacheInfo(info) => Some((info.ifa_preferred, info.ifa_valid)),
        _ => None,
    });
    assert_eq!(lifetimes, Some((0, u32::MAX)));
}

#[test]
fn removing_an_ipv6_address() {
    let key = AddressKey::new(3, "2001:db8::1/64".parse().unwrap());
    let RouteNetlinkMessage::DelAddress(got) = read(delete_message(&key)) else {
        panic!()
    };
    assert_eq!(
        (got.header.family, got.header.prefix_len),
        (AddressFamily::Inet6, 64)
    );
    let address = AddressAttribute::Local(key.prefix.addr());
    assert!(got.attributes.contains(&address));
}

#[test]
fn a_veth_pair() {
    let end = VethEnd {
        name: "a",
        mac: Some(MacAddr([2, 0, 0, 0, 0, 1])),
        namespace: None,
    };
    let peer = VethEnd {
        name: "b",
        mac: None,
        namespace: None,
    };
    let RouteNetlinkMessage::NewLink(got) = read(veth_message(end, peer)) else {
        panic!()
    };
    assert!(got.attributes.contains(&LinkAttribute::IfName("a".into())));
    assert!(
        got.attributes
            .contains(&LinkAttribute::Address(vec![2, 0, 0, 0, 0, 1]))
    );
    let inner = got.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::LinkInfo(infos) => infos.iter().find_map(|info| match info {
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))) => Some(peer),
            _ => None,
        }),
        _ => None,
    });
    assert!(
        inner
            .unwrap()
            .attributes
            .contains(&LinkAttribute::IfName("b".into()))
    );
}

#[test]
fn a_bridge() {
    let RouteNetlinkMessage::NewLink(got) = read(bridge_message("br")) else {
        panic!()
    };
    let text = format!("{:?}", got.attributes);
    assert!(text.contains("ForwardDelay(0)"), "{text}");
    assert!(
        text.contains("MulticastSnooping(0)") || text.contains("MulticastSnooping(false)"),
        "{text}"
    );
}

/// What we write of a route, the other implementation reads and writes again, and so do we.
fn check_route(route: &Route) -> String {
    let mut message = route::add_message(route);
    let bytes = message.finish(7)[16..].to_vec();
    let RouteNetlinkMessage::NewRoute(got) = read(message) else {
        panic!()
    };
    let parsed = route::parse(&bytes).unwrap();
    let mut expected = Route {
        scope: parsed.scope,
        ..route.clone()
    };
    expected.destination = route.destination.trunc();
    // Not told by the kernel as they were asked for.
    (expected.insert, expected.expires) = (Insert::Prepend, None);
    assert_eq!(parsed, expected);
    format!("{got:?}")
}

#[test]
fn routes_of_every_sort() {
    let hop = |via: &str| Hop {
        via: Some(via.parse().unwrap()),
        ..Hop::default()
    };
    let to = |prefix: &str, hops| Route::new(prefix.parse().unwrap(), hops);
    let text = check_route(&Route {
        table: 1000,
        metric: 7,
        tos: 0x10,
        source: Some("10.0.0.1".parse().unwrap()),
        metrics: vec![(2, 1400), (10, 32)],
        locked: 4,
        congestion: Some("reno".into()),
        insert: Insert::Append,
        ..to(
            "192.0.2.9/24",
            vec![Hop {
                link: Some(3),
                realms: Some(0x1_0002),
                ..hop("10.0.0.254")
            }],
        )
    });
    for part in [
        "Table(1000)",
        "Priority(7)",
        "10.0.0.254",
        "Oif(3)",
        "Mtu(1400)",
        "192.0.2.0",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let weights = vec![
        Hop {
            link: Some(3),
            weight: 200,
            onlink: true,
            ..hop("10.0.0.1")
        },
        Hop {
            link: Some(4),
            ..hop("10.0.0.2")
        },
    ];
    let text = check_route(&to("0.0.0.0/0", weights));
    assert!(
        text.contains("MultiPath") && text.contains("hops: 200"),
        "{text}"
    );
    let text = check_route(&to(
        "192.0.2.0/24",
        vec![Hop {
            link: Some(3),
            ..hop("fe80::1")
        }],
    ));
    assert!(text.contains("Via("), "{text}");
    let text = check_route(&Route {
        preference: Some(1),
        from: Some("2001:db8:9::/48".parse().unwrap()),
        ..to("2001:db8::/32", vec![hop("fe80::1")])
    });
    assert!(text.contains("2001:db8:9::"), "{text}");
    let mpls = Hop {
        encap: Some(Encap::Mpls(vec![100, 200])),
        ..hop("10.0.0.1")
    };
    let text = check_route(&to("192.0.2.0/24", vec![mpls]));
    assert!(
        text.contains("label: 100") && text.contains("label: 200"),
        "{text}"
    );
    let tunnel = IpTunnel {
        id: Some(9),
        to: Some("10.0.0.2".parse().unwrap()),
        from: Some("10.0.0.1".parse().unwrap()),
        ttl: Some(64),
        tos: Some(8),
        ..IpTunnel::default()
    };
    let ip = Hop {
        encap: Some(Encap::Ip(tunnel)),
        link: Some(3),
        ..Hop::default()
    };
    let text = check_route(&to("192.0.2.0/24", vec![ip]));
    assert!(
        text.contains("Ttl(64)") && text.contains("Tos(8)"),
        "{text}"
    );
    check_route(&to(
        "2001:db8::/64",
        vec![Hop {
            encap: Some(Encap::Ila(5)),
            ..hop("fe80::1")
        }],
    ));
}

#[test]
fn rules_of_every_sort() {
    let full = Rule {
        not: true,
        from: Some("10.0.0.0/24".parse().unwrap()),
        to: Some("10.1.0.0/16".parse().unwrap()),
        tos: 0x10,
        mark: Some((6, 0xff)),
        iif: Some("eth0".into()),
        oif: Some("eth1".into()),
        tunnel: Some(9),
        users: Some((100, 200)),
        ip_protocol: Some(6),
        source_ports: Some((1000, 2000)),
        destination_ports: Some((80, 81)),
        realms: Some(0x1_0002),
        suppress_prefix: Some(0),
        suppress_group: Some(7),
        ..Rule::new(Family::V4, 500, Action::Table(1000))
    };
    let goto = Rule::new(Family::V6, 501, Action::Goto(600));
    let l3mdev = Rule::new(Family::V4, 502, Action::L3mdev);
    for rule in [&full, &goto, &l3mdev] {
        let mut message = rule::add_message(rule);
        let bytes = message.finish(7)[16..].to_vec();
        let RouteNetlinkMessage::NewRule(got) = read(message) else {
            panic!()
        };
        let text = format!("{got:?}");
        assert!(
            text.contains(&format!("Priority({})", rule.priority)),
            "{text}"
        );
        let parsed = rule::parse(&bytes).unwrap();
        // What the table attribute says when there is none does not matter here.
        assert_eq!(&parsed, rule);
    }
}

#[test]
fn interfaces_on_top_of_others() {
    let upper = Upper {
        name: "vrrp.51",
        parent: 3,
        group: Some(7),
        master: Some(9),
    };
    let text = |message| match read(message) {
        RouteNetlinkMessage::NewLink(got) => format!("{:?}", got.attributes),
        other => panic!("{other:?}"),
    };
    let macvlan = text(macvlan_message(&upper, MacAddr([0, 0, 0x5e, 0, 1, 51])));
    for part in [
        "MacVlan",
        "Mode(Private)",
        "Link(3)",
        "Controller(9)",
        "vrrp.51",
    ] {
        assert!(macvlan.contains(part), "{part} in {macvlan}");
    }
    let ipvlan = text(ipvlan_message(&upper, IpvlanMode::Vepa));
    for part in ["IpVlan", "Mode(L2)", "Vepa", "Link(3)"] {
        assert!(ipvlan.contains(part), "{part} in {ipvlan}");
    }
}
