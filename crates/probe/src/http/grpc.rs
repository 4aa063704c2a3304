//! `grpc_service`: the health protocol of gRPC, `grpc.health.v1.Health/Check`. Its two messages have
//! one field each, so they are written and read here.
use crate::Failure;
use crate::failure::shown;
use http::HeaderMap;

/// Longest answer that is looked at, in octets: a real one has seven.
const LONGEST: usize = 1024;
/// In front of each message: compressed or not, length.
const PREFIX: usize = 5;
/// Field 1, a number; field 1, octets (protobuf's "Encoding").
const NUMBER_1: u8 = 0x08;
const OCTETS_1: u8 = 0x0a;
const SERVING: u64 = 1;

/// `HealthCheckRequest`; an empty service asks for the server as a whole.
pub(super) fn question(service: &str) -> Vec<u8> {
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(OCTETS_1);
        varint(&mut message, service.len());
        message.extend(service.as_bytes());
    }
    let mut framed = vec![0];
    framed.extend(u32::try_from(message.len()).unwrap_or(0).to_be_bytes());
    framed.extend(message);
    framed
}

fn varint(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or(0));
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Reply(Vec<u8>);

impl Reply {
    pub(super) fn take(&mut self, piece: &[u8]) {
        let room = LONGEST.saturating_sub(self.0.len());
        self.0.extend(piece.iter().take(room));
    }

    /// The status of the call stands behind the answer, or, without an answer, in its header.
    pub(super) fn judge(
        &self,
        header: &HeaderMap,
        trailers: Option<&HeaderMap>,
    ) -> Result<(), Failure> {
        let last = trailers.unwrap_or(header);
        let word = |name| last.get(name).map(http::HeaderValue::as_bytes);
        match word("grpc-status") {
            None => return Err(Failure::Garbage("not an answer of gRPC")),
            Some(b"0") => {}
            Some(code) => {
                let text = word("grpc-message").unwrap_or_default();
                let text = format!("gRPC status {}: {}", shown(code), shown(text));
                return Err(Failure::Refused(text));
            }
        }
        match self.status() {
            Some(SERVING) => Ok(()),
            Some(2) => Err(Failure::Refused("NOT_SERVING".into())),
            Some(3) => Err(Failure::Refused("SERVICE_UNKNOWN".into())),
            Some(_) => Err(Failure::Refused("UNKNOWN".into())),
            None => Err(Failure::Garbage("not an answer of gRPC's health service")),
        }
    }

    /// `HealthCheckResponse.status`; 0, its default, is not written.
    fn status(&self) -> Option<u64> {
        let (&[compressed, a, b, c, d], message) = self.0.split_first_chunk::<PREFIX>()?;
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
        match (compressed, message.get(..length)?) {
            (0, []) => Some(0),
            (0, [NUMBER_1, number]) if *number < 0x80 => Some(u64::from(*number)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(body: &[u8], status: Option<&'static str>) -> Result<(), String> {
        let mut reply = Reply::default();
        reply.take(body);
        let mut trailers = HeaderMap::new();
        if let Some(status) = status {
            trailers.insert("grpc-status", status.parse().unwrap());
            trailers.insert("grpc-message", "unknown service".parse().unwrap());
        }
        let judged = reply.judge(&HeaderMap::new(), Some(&trailers));
        judged.map_err(|why| why.to_string())
    }

    #[test]
    fn questions_are_the_protocols() {
        assert_eq!(question(""), b"\0\0\0\0\0");
        assert_eq!(question("a.B"), b"\0\0\0\0\x05\x0a\x03a.B");
        assert_eq!(
            question(&"x".repeat(200))[..8],
            *b"\0\0\0\0\xcb\x0a\xc8\x01"
        );
    }

    #[test]
    fn only_serving_will_do() {
        assert_eq!(judge(b"\0\0\0\0\x02\x08\x01", Some("0")), Ok(()));
        let refused = |why: &str| Err(format!("refused: {why}"));
        assert_eq!(
            judge(b"\0\0\0\0\x02\x08\x02", Some("0")),
            refused("NOT_SERVING")
        );
        assert_eq!(judge(b"\0\0\0\0\0", Some("0")), refused("UNKNOWN"));
        let unknown = refused("gRPC status 5: unknown service");
        assert_eq!(judge(b"", Some("5")), unknown);
        assert_eq!(judge(b"", None).unwrap_err(), "not an answer of gRPC");
        let garbage = Err("not an answer of gRPC's health service".to_owned());
        for body in [
            &b""[..],
            b"\x01\0\0\0\x02\x08\x01",
            b"\0\0\0\0\x09\x08\x01",
            b"\0\0\0\0\x02\x08\xff",
        ] {
            assert_eq!(judge(body, Some("0")), garbage, "{body:?}");
        }
    }
}
