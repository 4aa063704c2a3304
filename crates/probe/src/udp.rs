//! `UDP_CHECK`: a packet out, and what comes back.
use crate::{Failure, connect};
use plan::lvs::Udp;
use tokio::time::timeout;

pub(crate) async fn run(udp: &Udp) -> Result<(), Failure> {
    let socket = connect::udp(&udp.endpoint).await?;
    let sent = socket.send(&udp.payload).await;
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

fn judge(udp: &Udp, answer: &[u8]) -> Result<(), Failure> {
    let Some(wanted) = &udp.reply else {
        return Ok(());
    };
    let length = answer.len();
    if length < usize::from(udp.min_length) || length > usize::from(udp.max_length) {
        return Err(Failure::Garbage("an answer of another length"));
    }
    let fits = |((octet, mask), got): (&(u8, u8), &u8)| octet & mask == got & mask;
    if answer.len() >= wanted.len() && wanted.iter().zip(answer).all(fits) {
        Ok(())
    } else {
        Err(Failure::Garbage("another answer"))
    }
}
