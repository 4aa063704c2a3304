//! Our octets against another implementation of the same formats.
use super::address::{PROTOCOL, add_message, delete_message};
use super::link::{VethEnd, bridge_message, veth_message};
use super::tlv::Message;
use ledger::{AddressKey, AddressSpec};
use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_route::address::{AddressAttribute, AddressFlags};
use netlink_packet_route::link::{InfoData, InfoVeth, LinkAttribute, LinkInfo};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use std::net::IpAddr;
use wire::MacAddr;

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
