use super::*;
use proptest::prelude::*;

fn span(from: &str, to: &str, ports: (u16, u16)) -> Span {
    let addresses = (from.parse().unwrap(), to.parse().unwrap());
    Span { addresses, ports }
}

fn one(address: &str, port: u16) -> Span {
    span(address, address, (port, port))
}

const ALL: (u16, u16) = (0, u16::MAX);

fn told(entries: &[Entry]) -> Vec<String> {
    let tell = |(span, mark): &Entry| {
        let ((from, to), (first, last)) = (span.addresses, span.ports);
        format!("{from}-{to} {first}-{last}: {mark}")
    };
    entries.iter().map(tell).collect()
}

fn marks(spans: &[(Protocol, Span, u32)]) -> Marks {
    let mut marks = Marks::default();
    for (protocol, span, mark) in spans {
        marks.add(*protocol, *span, *mark);
    }
    marks
}

#[test]
fn maps_come_in_the_order_of_their_need_and_entries_in_that_of_the_file() {
    let marks = marks(&[
        (Protocol::Udp, one("10.0.0.9", 53), 1000),
        (Protocol::Udp, one("10.0.0.1", 53), 1000),
        (Protocol::Tcp, one("fd00::1", 80), 1001),
        (Protocol::Tcp, span("10.0.0.1", "fd00::1", ALL), 1002),
        (Protocol::Tcp, span("10.0.0.5", "10.0.0.4", ALL), 1002),
    ]);
    let keys: Vec<_> = marks
        .maps
        .iter()
        .map(|map| (map.key.family, map.key.protocol))
        .collect();
    assert_eq!(
        keys,
        [(Family::V4, Protocol::Udp), (Family::V6, Protocol::Tcp)]
    );
    assert_eq!(
        told(&marks.maps[0].entries),
        [
            "10.0.0.9-10.0.0.9 53-53: 1000",
            "10.0.0.1-10.0.0.1 53-53: 1000"
        ]
    );
}

#[test]
fn what_is_marked_keeps_its_mark_and_the_rest_is_cut_around_it() {
    let tcp = Protocol::Tcp;
    let marks = marks(&[
        (tcp, one("10.0.0.2", 80), 1),
        (tcp, one("10.0.0.5", 443), 1),
        (tcp, span("10.0.0.0", "10.0.0.9", (80, 80)), 2),
        (tcp, span("10.0.0.4", "10.0.0.5", ALL), 3),
        (tcp, span("10.0.0.4", "10.0.0.4", (9, 9)), 4),
    ]);
    let expected = [
        "10.0.0.2-10.0.0.2 80-80: 1",
        "10.0.0.5-10.0.0.5 443-443: 1",
        "10.0.0.0-10.0.0.1 80-80: 2",
        "10.0.0.3-10.0.0.9 80-80: 2",
        "10.0.0.4-10.0.0.5 0-79: 3",
        "10.0.0.4-10.0.0.4 81-65535: 3",
        "10.0.0.5-10.0.0.5 81-442: 3",
        "10.0.0.5-10.0.0.5 444-65535: 3",
    ];
    assert_eq!(told(&marks.maps[0].entries), expected);
}

#[test]
fn the_ends_of_the_numbers_are_ends() {
    let marks = marks(&[
        (Protocol::Tcp, one("255.255.255.255", 65535), 1),
        (Protocol::Tcp, one("0.0.0.0", 0), 1),
        (Protocol::Tcp, span("0.0.0.0", "255.255.255.255", ALL), 2),
    ]);
    let expected = [
        "255.255.255.255-255.255.255.255 65535-65535: 1",
        "0.0.0.0-0.0.0.0 0-0: 1",
        "0.0.0.0-0.0.0.0 1-65535: 2",
        "0.0.0.1-255.255.255.254 0-65535: 2",
        "255.255.255.255-255.255.255.255 0-65534: 2",
    ];
    assert_eq!(told(&marks.maps[0].entries), expected);
}

#[test]
fn only_what_differs_is_changed_and_maps_stay() {
    let tcp = |last: u8, mark| (Protocol::Tcp, one(&format!("10.0.0.{last}"), 80), mark);
    let before = marks(&[tcp(1, 1000), tcp(2, 1000), tcp(3, 1001)]);
    let udp = (Protocol::Udp, one("10.0.0.1", 80), 1002);
    let after = marks(&[udp, tcp(1, 1000), tcp(3, 1003)]);
    let key = |protocol| MapKey {
        family: Family::V4,
        protocol,
    };
    let entry = |(_, span, mark): (Protocol, Span, u32)| (span, mark);
    assert_eq!(
        changes(&before, &after),
        [
            Change::Remove(
                key(Protocol::Tcp),
                vec![entry(tcp(2, 1000)), entry(tcp(3, 1001))]
            ),
            Change::Map(key(Protocol::Udp)),
            Change::Add(key(Protocol::Udp), vec![entry(udp)]),
            Change::Add(key(Protocol::Tcp), vec![entry(tcp(3, 1003))]),
        ]
    );
    assert_eq!(changes(&after, &after), []);
    // a map that nobody uses is emptied, and found when it is used again
    let left = Marks::default().with_maps_of(&after);
    assert_eq!(left.maps.len(), 2);
    assert!(
        changes(&after, &left)
            .iter()
            .all(|change| matches!(change, Change::Remove(..)))
    );
    assert!(
        changes(&left, &after)
            .iter()
            .all(|change| matches!(change, Change::Add(..)))
    );
    assert_eq!(
        changes(&Marks::default(), &before)[0],
        Change::Table(Family::V4)
    );
}

fn spans() -> impl Strategy<Value = Vec<(Span, u32)>> {
    let address = (0..12u8, 0..4u8);
    let ports = prop_oneof![
        (0..4u16).prop_map(|port| (port, port)),
        Just((0, u16::MAX)),
        Just((1, 2))
    ];
    let span = (address, ports, 0..3u32).prop_map(|((first, more), ports, mark)| {
        let ends = [first, first + more].map(|last| IpAddr::from([10, 0, 0, last]));
        let addresses = (ends[0], ends[1]);
        (Span { addresses, ports }, mark)
    });
    prop::collection::vec(span, 0..12)
}

proptest! {
    /// For each packet: the mark of the first line that means it, by one entry and no other.
    #[test]
    fn the_first_line_marks(lines in spans()) {
        let mut marks = Marks::default();
        for (span, mark) in &lines {
            marks.add(Protocol::Tcp, *span, *mark);
        }
        let entries = marks.maps.first().map_or(&[][..], |map| &map.entries);
        for last in 0..16u8 {
            let address = IpAddr::from([10, 0, 0, last]);
            for port in [0, 1, 2, 3, 4, u16::MAX] {
                let means = |(span, _): &&Entry| {
                    meet(span.addresses, (address, address)) && meet(span.ports, (port, port))
                };
                let line = lines.iter().find(means).map(|(_, mark)| *mark);
                let found: Vec<u32> = entries.iter().filter(means).map(|(_, mark)| *mark).collect();
                prop_assert_eq!(found, line.into_iter().collect::<Vec<_>>());
            }
        }
    }

    /// Whatever was before, the changes give what is wanted.
    #[test]
    fn changes_lead_there(steps in prop::collection::vec(spans(), 1..5)) {
        let (mut held, mut table) = (Marks::default(), BTreeSet::new());
        for lines in steps {
            let mut next = Marks::default();
            for (span, mark) in lines {
                next.add(Protocol::Sctp, span, mark);
            }
            let next = next.with_maps_of(&held);
            for change in changes(&held, &next) {
                match change {
                    Change::Table(_) | Change::Map(_) => prop_assert!(held.maps.is_empty()),
                    Change::Remove(_, gone) => {
                        for entry in gone {
                            prop_assert!(table.remove(&entry));
                        }
                    }
                    Change::Add(_, new) => {
                        for entry in new {
                            prop_assert!(table.insert(entry));
                        }
                    }
                }
            }
            let wanted = next.maps.iter().flat_map(|map| map.entries.clone()).collect();
            prop_assert_eq!(&table, &wanted);
            held = next;
        }
    }
}
