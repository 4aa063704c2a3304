//! `auth_hmac`: keys from text, hexadecimal digits and files.
use crate::Facts;
use conf::config::{Config, HmacKey, HmacMode as Written, Instance as Block};
use conf::{Diagnostic, Severity};
use core::ops::RangeInclusive;
use core::time::Duration;
use vrrp::{Hmac, HmacMode, Params, Replay};
use wire::Secret;

/// Octets of a key.
const KEY_LEN: RangeInclusive<usize> = 32..=64;
/// The shortest default of `time_window`.
const SHORTEST_WINDOW: Duration = Duration::from_secs(5);

/// The files that keys are read from: their contents go into [`Facts::key_files`].
pub fn key_files(config: &Config) -> impl Iterator<Item = &str> {
    let blocks = config
        .instances
        .iter()
        .filter_map(|block| block.hmac.as_ref());
    blocks
        .flat_map(|block| &block.keys)
        .filter_map(|key| key.secret.value.strip_prefix("file:"))
}

/// Takes the block up; `None` when it is there but cannot work, since to go on without
/// authentication is worse than not to go on.
pub(crate) fn build(
    params: &mut Params,
    block: &Block,
    facts: &Facts,
    findings: &mut Vec<Diagnostic>,
) -> Option<()> {
    let Some(written) = &block.hmac else {
        return Some(());
    };
    let name = &block.name.value;
    let mut refuse = |id, text: String, help: &str| {
        let text = format!("({name}) auth_hmac: {text}");
        findings.push(
            Diagnostic::new(id, Severity::Fatal, text)
                .at(written.span)
                .help(help),
        );
        None::<()>
    };
    let mut keys = Vec::new();
    for key in &written.keys {
        match secret(key, facts) {
            Ok(secret) => keys.push((key.id.value, secret)),
            Err(why) => {
                return refuse(
                    "hmac-key",
                    format!("key {}: {why}", key.id.value),
                    "32 to 64 octets: text, hex:DIGITS or file:PATH",
                );
            }
        }
    }
    let only = (keys.len() == 1)
        .then(|| keys.first().map(|(id, _)| *id))
        .flatten();
    let active = written
        .active_key
        .as_ref()
        .map(|active| active.value)
        .or(only);
    let Some(active) = active.filter(|active| keys.iter().any(|(id, _)| id == active)) else {
        return refuse(
            "hmac-active-key",
            "no active key".into(),
            "add 'active_key NUMBER' with the number of a key",
        );
    };
    let mode = match written.mode.as_ref().map(|mode| mode.value) {
        None | Some(Written::Enforce) => HmacMode::Enforce,
        Some(Written::Permissive) => HmacMode::Permissive,
        Some(Written::ReceiveOnly) => HmacMode::ReceiveOnly,
    };
    let replay = if written
        .monotonic
        .as_ref()
        .is_some_and(|monotonic| monotonic.value)
    {
        Replay::Monotonic
    } else {
        let default = (params.interval.as_duration() * 3).max(SHORTEST_WINDOW);
        Replay::Time {
            window: written
                .time_window
                .as_ref()
                .map_or(default, |window| window.value),
        }
    };
    params.hmac = Some(Hmac {
        keys,
        active,
        mode,
        replay,
    });
    params.auth = vrrp::Auth::None;
    Some(())
}

fn secret(key: &HmacKey, facts: &Facts) -> Result<Secret, String> {
    let written = &*key.secret.value;
    let octets = if let Some(digits) = written.strip_prefix("hex:") {
        hex(digits).ok_or("not pairs of hexadecimal digits")?
    } else if let Some(path) = written.strip_prefix("file:") {
        let octets = facts
            .key_files
            .get(path)
            .cloned()
            .flatten()
            .ok_or(format!("cannot read {path}"))?;
        octets
            .strip_suffix(b"\n")
            .map(<[u8]>::to_vec)
            .unwrap_or(octets)
    } else {
        written.as_bytes().to_vec()
    };
    if KEY_LEN.contains(&octets.len()) {
        Ok(Secret::new(octets))
    } else {
        Err(format!("{} octets long", octets.len()))
    }
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let octet = |pair: &[u8; 2]| {
        let digit = |octet: u8| {
            char::from(octet)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        Some(digit(pair[0])? << 4 | digit(pair[1])?)
    };
    rest.is_empty()
        .then(|| pairs.iter().map(octet).collect())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use conf::Spanned;
    use std::collections::BTreeMap;

    fn read(written: &str, file: Option<&[u8]>) -> Result<Vec<u8>, String> {
        let key = HmacKey {
            id: Spanned::new(1, conf::Span::default()),
            secret: Spanned::new(written.into(), conf::Span::default()),
        };
        let key_files = BTreeMap::from([("/key".to_owned(), file.map(<[u8]>::to_vec))]);
        let facts = Facts {
            key_files,
            ..Facts::default()
        };
        secret(&key, &facts).map(|secret| secret.expose().to_vec())
    }

    #[test]
    fn keys_are_text_digits_or_files() {
        let text = "0123456789abcdef0123456789abcdef";
        assert_eq!(read(text, None), Ok(text.as_bytes().to_vec()));
        assert_eq!(
            read(&format!("hex:{}", "5A".repeat(32)), None),
            Ok(vec![0x5a; 32])
        );
        let line = [text.as_bytes(), b"\n"].concat();
        assert_eq!(read("file:/key", Some(&line)), Ok(text.as_bytes().to_vec()));
    }

    #[test]
    fn what_is_no_key_is_said() {
        assert_eq!(read("short", None), Err("5 octets long".into()));
        assert_eq!(
            read("hex:5", None),
            Err("not pairs of hexadecimal digits".into())
        );
        assert_eq!(
            read("hex:zz", None),
            Err("not pairs of hexadecimal digits".into())
        );
        assert_eq!(read("file:/key", None), Err("cannot read /key".into()));
    }
}
