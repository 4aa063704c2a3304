//! The statistics file that a daemon writes on SIGUSR2, as exporters read it.
use std::collections::BTreeMap;

/// Counters by their path, as `Packet Errors/TTL`, of the instance `name`.
pub fn counters(text: &str, name: &str) -> BTreeMap<String, u64> {
    let mut counters = BTreeMap::new();
    let (mut ours, mut section) = (false, String::new());
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let (depth, key, value) = (key.len() - key.trim_start().len(), key.trim(), value.trim());
        if key == "VRRP Instance" {
            ours = value == name;
        } else if value.is_empty() {
            key.clone_into(&mut section);
        } else if let (true, Ok(number)) = (ours, value.parse()) {
            let path = if depth > 2 {
                format!("{section}/{key}")
            } else {
                key.to_owned()
            };
            counters.insert(path, number);
        }
    }
    counters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_become_paths() {
        let text = "VRRP Instance: VI_0\n  Became master: 9\nVRRP Instance: VI_1\n  Advertisements:\n    Received: 3\n  Became master: 1\n  Packet Errors:\n    TTL: 2\n";
        let expected = [
            ("Advertisements/Received", 3),
            ("Became master", 1),
            ("Packet Errors/TTL", 2),
        ];
        assert_eq!(
            counters(text, "VI_1"),
            expected.map(|(k, v)| (k.to_owned(), v)).into()
        );
        assert_eq!(counters(text, "VI_2"), BTreeMap::new());
    }
}
