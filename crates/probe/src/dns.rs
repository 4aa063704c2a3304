//! `DNS_CHECK`: one question over UDP (RFC 1035). Any answer to it without error will do.
use crate::{Failure, connect, nonce};
use plan::lvs::Dns;
use tokio::time::timeout;

const HEADER: usize = 12;
/// Recursion desired.
const RD: u8 = 0x01;
const QR: u8 = 0x80;
const CLASS_IN: u16 = 1;

pub(crate) async fn run(dns: &Dns) -> Result<(), Failure> {
    let id = u16::try_from(nonce() & 0xffff).unwrap_or(0);
    let question = question(id, dns)?;
    let socket = connect::udp(&dns.endpoint).await?;
    let sent = socket.send(&question).await;
    sent.map_err(|why| Failure::Io("send", why))?;
    let listen = async {
        let mut answer = [0; 4096];
        loop {
            let length = socket.recv(&mut answer).await;
            let length = length.map_err(|why| Failure::Io("answer", why))?;
            if let Some(verdict) = judge(id, answer.get(..length).unwrap_or_default()) {
                return verdict;
            }
        }
    };
    let heard = timeout(dns.endpoint.timeout, listen).await;
    heard.unwrap_or(Err(Failure::Timeout("answer")))
}

fn question(id: u16, dns: &Dns) -> Result<Vec<u8>, Failure> {
    let mut octets = id.to_be_bytes().to_vec();
    octets.extend([RD, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in dns.name.split('.').filter(|label| !label.is_empty()) {
        let length = u8::try_from(label.len()).ok().filter(|length| *length < 64);
        let length =
            length.ok_or_else(|| Failure::Ours("a label of the name is too long".into()))?;
        octets.push(length);
        octets.extend(label.as_bytes());
    }
    octets.push(0);
    octets.extend(dns.kind.to_be_bytes());
    octets.extend(CLASS_IN.to_be_bytes());
    Ok(octets)
}

/// `None` for what is not the answer to our question.
fn judge(id: u16, answer: &[u8]) -> Option<Result<(), Failure>> {
    let header: &[u8; HEADER] = answer.first_chunk()?;
    let [id_high, id_low, flags, code, ..] = *header;
    if u16::from_be_bytes([id_high, id_low]) != id || flags & QR == 0 {
        return None;
    }
    Some(match code & 0x0f {
        0 => Ok(()),
        1 => Err(Failure::Garbage("format error")),
        2 => Err(Failure::Garbage("server failure")),
        3 => Err(Failure::Garbage("no such name")),
        5 => Err(Failure::Garbage("the server refuses")),
        _ => Err(Failure::Garbage("an error code")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::lvs::Endpoint;

    fn dns(name: &str) -> Dns {
        Dns {
            endpoint: Endpoint::new([127, 0, 0, 1].into(), 53),
            kind: 1,
            name: name.into(),
        }
    }

    #[test]
    fn a_question_as_octets() {
        let octets = question(0x1234, &dns("www.a.de")).unwrap();
        let expected = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x01a\x02de\0\0\x01\0\x01";
        assert_eq!(octets, expected);
        let root = question(1, &dns(".")).unwrap();
        assert_eq!(root[HEADER..], [0, 0, 1, 0, 1]);
        assert!(question(1, &dns(&"x".repeat(64))).is_err());
    }

    #[test]
    fn only_an_answer_to_the_question_counts() {
        let answer = |id: u8, flags: u8, code: u8| {
            let mut octets = [0; 12];
            (octets[1], octets[2], octets[3]) = (id, flags, code);
            judge(7, &octets).map(|verdict| verdict.is_ok())
        };
        assert_eq!(answer(7, 0x80, 0), Some(true));
        assert_eq!(answer(7, 0x82, 0x80), Some(true), "cut short is fine");
        assert_eq!(answer(7, 0x80, 2), Some(false));
        assert_eq!(answer(8, 0x80, 0), None);
        assert_eq!(answer(7, 0x00, 0), None);
        assert!(judge(7, &[0, 7, 0x80]).is_none());
    }
}
