//! Statistics in the original's layout (`SIGUSR2`): exporters parse labels and indentation.
use core::fmt::Write;
use vrrp::Stats;

/// The section of one instance.
pub fn instance(name: &str, stats: &Stats) -> String {
    let mut text = format!("VRRP Instance: {name}\n");
    for (heading, rows) in layout(stats) {
        // writing to a String cannot fail
        let _ = match rows.as_slice() {
            [(None, count)] => writeln!(text, "  {heading}: {count}"),
            rows => writeln!(text, "  {heading}:").and_then(|()| {
                rows.iter().try_for_each(|(label, count)| {
                    writeln!(text, "    {}: {count}", label.unwrap_or(""))
                })
            }),
        };
    }
    text
}

type Rows = Vec<(Option<&'static str>, u64)>;

fn layout(s: &Stats) -> [(&'static str, Rows); 6] {
    let group =
        |rows: &[(&'static str, u64)]| rows.iter().map(|(label, n)| (Some(*label), *n)).collect();
    [
        (
            "Advertisements",
            group(&[("Received", s.advert_rcvd), ("Sent", s.advert_sent)]),
        ),
        ("Became master", vec![(None, s.become_master)]),
        ("Released master", vec![(None, s.release_master)]),
        (
            "Packet Errors",
            group(&[
                ("Length", s.packet_len_err),
                ("TTL", s.ip_ttl_err),
                ("Invalid Type", s.invalid_type_rcvd),
                ("Advertisement Interval", s.advert_interval_err),
                ("Address List", s.addr_list_err),
            ]),
        ),
        (
            "Authentication Errors",
            group(&[
                ("Invalid Type", s.invalid_authtype),
                ("Type Mismatch", s.authtype_mismatch),
                ("Failure", s.auth_failure),
            ]),
        ),
        (
            "Priority Zero",
            group(&[("Received", s.pri_zero_rcvd), ("Sent", s.pri_zero_sent)]),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_originals() {
        let stats = Stats {
            advert_sent: 5,
            become_master: 1,
            addr_list_err: 7,
            ..Stats::default()
        };
        let expected = "\
VRRP Instance: VI_1
  Advertisements:
    Received: 0
    Sent: 5
  Became master: 1
  Released master: 0
  Packet Errors:
    Length: 0
    TTL: 0
    Invalid Type: 0
    Advertisement Interval: 0
    Address List: 7
  Authentication Errors:
    Invalid Type: 0
    Type Mismatch: 0
    Failure: 0
  Priority Zero:
    Received: 0
    Sent: 0
";
        assert_eq!(instance("VI_1", &stats), expected);
    }
}
