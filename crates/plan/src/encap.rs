//! `encap` of a route: a lightweight tunnel.
use crate::names::number;
use core::iter::Peekable;
use ledger::{Encap, IpTunnel};

/// Largest MPLS label (20 bits, RFC 3032).
const MAX_LABEL: u32 = 0xf_ffff;

/// Takes the words of the tunnel and leaves those that follow; `None` where they make no sense.
pub(crate) fn parse<'a>(words: &mut Peekable<impl Iterator<Item = &'a str>>) -> Option<Encap> {
    match words.next()? {
        "mpls" => {
            let labels = words
                .next()?
                .split('/')
                .map(|label| number(label).filter(|label| *label <= MAX_LABEL));
            Some(Encap::Mpls(labels.collect::<Option<_>>()?))
        }
        "ip" => tunnel(false, words),
        "ip6" => tunnel(true, words),
        "ila" => locator(words.next()?).map(Encap::Ila),
        _ => None,
    }
}

fn tunnel<'a>(v6: bool, words: &mut Peekable<impl Iterator<Item = &'a str>>) -> Option<Encap> {
    let mut tunnel = IpTunnel {
        v6,
        ..IpTunnel::default()
    };
    let known = ["id", "dst", "src", "tos", "tc", "ttl", "hoplimit", "flags"];
    while let Some(word) = words.next_if(|word| known.contains(word)) {
        let value = words.next()?;
        match word {
            "id" => tunnel.id = Some(value.parse().ok()?),
            "dst" => tunnel.to = Some(value.parse().ok()?),
            "src" => tunnel.from = Some(value.parse().ok()?),
            "tos" | "tc" => tunnel.tos = Some(octet(value)?),
            "flags" => tunnel.flags = Some(u16::try_from(number(value)?).ok()?),
            _ => tunnel.ttl = Some(octet(value)?),
        }
    }
    Some(Encap::Ip(tunnel))
}

fn octet(text: &str) -> Option<u8> {
    number(text).and_then(|number| u8::try_from(number).ok())
}

/// Four groups of hexadecimal digits, as half of an IPv6 address.
fn locator(text: &str) -> Option<u64> {
    let groups: Vec<_> = text.split(':').collect();
    if groups.len() != 4 {
        return None;
    }
    groups.into_iter().try_fold(0, |all, group| {
        let group = u16::from_str_radix(group, 16).ok()?;
        Some(all << 16 | u64::from(group))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Option<Encap>, String) {
        let mut words = text.split(' ').peekable();
        let encap = parse(&mut words);
        (encap, words.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_tunnel_ends_where_its_words_end() {
        let (encap, rest) = of("mpls 100/200 via 10.0.0.1");
        assert_eq!(encap, Some(Encap::Mpls(vec![100, 200])));
        assert_eq!(rest, "via 10.0.0.1");
        let (encap, rest) = of("ip id 5 dst 10.0.0.9 ttl 9 dev eth0");
        let tunnel = IpTunnel {
            id: Some(5),
            to: Some([10, 0, 0, 9].into()),
            ttl: Some(9),
            ..IpTunnel::default()
        };
        assert_eq!((encap, &*rest), (Some(Encap::Ip(tunnel)), "dev eth0"));
        assert_eq!(of("ila 1:2:3:4").0, Some(Encap::Ila(0x0001_0002_0003_0004)));
        for wrong in ["mpls 1048576", "mpls x", "ila 1:2", "ip id x", "gre"] {
            assert_eq!(of(wrong).0, None, "{wrong}");
        }
    }
}
