//! `UDP_CHECK`: a packet out, and what comes back.
use crate::{Failure, connect, nonce};
use plan::lvs::Udp;
use std::borrow::Cow;
use tokio::time::timeout;

/// What is sent where nothing was written: so many octets.
const RANDOM: usize = 32;

pub(crate) async fn run(udp: &Udp) -> Result<(), Failure> {
    let socket = connect::udp(&udp.endpoint).await?;
    let sent = socket.send(&payload(udp)).await;
    sent.map_err(|why| Failure::Io("send", why))?;
    let mut answer = vec![0; usize::from(u16::MAX)];
    match timeout(udp.endpoint.timeout, socket.recv(&mut answer)).await {
        // an ICMP error: nobody listens there
        Ok(Err(why)) => Err(Failure::Io("answer", why)),
        Ok(Ok(length)) => judge(udp, answer.get(..length).unwrap_or_default()),
        Err(_) if udp.reply.is_some() => Err(Failure::Timeout("answer")),
        Err(_) => Ok(()),
    }
}

fn payload(udp: &Udp) -> Cow<'_, [u8]> {
    if !udp.payload.is_empty() {
        return Cow::Borrowed(&udp.payload);
    }
    let numbers = core::iter::repeat_with(nonce);
    let octets = numbers.flat_map(u64::to_be_bytes);
    Cow::Owned(octets.take(RANDOM).collect())
}

/// keepalived.conf(5): the octets that both have must be the same.
fn judge(udp: &Udp, answer: &[u8]) -> Result<(), Failure> {
    let Some(wanted) = &udp.reply else {
        return Ok(());
    };
    let length = answer.len();
    if length < usize::from(udp.min_length) || length > usize::from(udp.max_length) {
        return Err(Failure::Length(length));
    }
    let fits = |((octet, mask), got): (&(u8, u8), &u8)| octet & mask == got & mask;
    if wanted.iter().zip(answer).all(fits) {
        Ok(())
    } else {
        Err(Failure::Garbage("another answer than the one required"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::lvs::Endpoint;

    #[test]
    fn an_answer_has_its_length_and_octets() {
        let endpoint = Endpoint::new([127, 0, 0, 1].into(), 9);
        let mut udp = Udp {
            endpoint,
            payload: vec![1],
            reply: Some(vec![(0xab, 0xff), (0x10, 0xf0)]),
            min_length: 1,
            max_length: 3,
        };
        let verdicts = |udp: &Udp| {
            let answers = [
                &b""[..],
                b"\xab",
                b"\xab\x1f",
                b"\xab\x1f\0",
                b"\xab\x20",
                b"\xab\x1f\0\0",
            ];
            answers.map(|answer| judge(udp, answer).is_ok())
        };
        assert_eq!(verdicts(&udp), [false, true, true, true, false, false]);
        udp.reply = Some(Vec::new());
        assert_eq!(verdicts(&udp), [false, true, true, true, true, false]);
        udp.reply = None;
        assert_eq!(verdicts(&udp), [true; 6]);
        assert_eq!(*payload(&udp), [1]);
        udp.payload.clear();
        assert_eq!(payload(&udp).len(), RANDOM);
        assert_ne!(payload(&udp), payload(&udp));
    }
}
