//! Names of routing tables and their kin, as `/etc/iproute2` gives them.
use std::collections::BTreeMap;

/// Names that this machine has for numbers, besides those that everybody knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// `rt_tables`.
    pub tables: BTreeMap<String, u32>,
    /// `rt_protos`.
    pub protocols: BTreeMap<String, u32>,
    /// `rt_scopes`.
    pub scopes: BTreeMap<String, u32>,
    /// `rt_realms`.
    pub realms: BTreeMap<String, u32>,
    /// `rt_dsfield`.
    pub services: BTreeMap<String, u32>,
    /// `group`: interface groups.
    pub groups: BTreeMap<String, u32>,
    /// Tables of VRFs, by interface.
    pub vrfs: BTreeMap<String, u32>,
}

const TABLES: &[(&str, u32)] = &[("default", 253), ("main", 254), ("local", 255)];
const PROTOCOLS: &[(&str, u32)] = &[
    ("redirect", 1),
    ("kernel", 2),
    ("boot", 3),
    ("static", 4),
    ("keepalived", 18),
];
const SCOPES: &[(&str, u32)] = &[
    ("global", 0),
    ("site", 200),
    ("link", 253),
    ("host", 254),
    ("nowhere", 255),
];

impl Names {
    pub(crate) fn table(&self, word: &str) -> Option<u32> {
        find(word, TABLES, &self.tables)
    }

    pub(crate) fn protocol(&self, word: &str) -> Option<u8> {
        octet(find(word, PROTOCOLS, &self.protocols))
    }

    pub(crate) fn scope(&self, word: &str) -> Option<u8> {
        octet(find(word, SCOPES, &self.scopes))
    }

    pub(crate) fn service(&self, word: &str) -> Option<u8> {
        octet(find(word, &[], &self.services))
    }

    pub(crate) fn group(&self, word: &str) -> Option<u32> {
        find(word, &[("default", 0)], &self.groups)
    }

    /// `[from/]to`: the first in the high half.
    pub(crate) fn realms(&self, word: &str) -> Option<u32> {
        let half = |word| find(word, &[], &self.realms).filter(|half| *half <= 0xffff);
        match word.split_once('/') {
            Some((from, to)) => Some(half(from)? << 16 | half(to)?),
            None => half(word),
        }
    }
}

fn find(word: &str, known: &[(&str, u32)], more: &BTreeMap<String, u32>) -> Option<u32> {
    let known = || known.iter().find(|(name, _)| *name == word);
    number(word)
        .or_else(|| more.get(word).copied())
        .or_else(|| known().map(|(_, number)| *number))
}

/// A number, decimal, or hexadecimal with `0x`.
pub(crate) fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

fn octet(number: Option<u32>) -> Option<u8> {
    number.and_then(|number| u8::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_of_this_machine_and_of_everybody() {
        let mut names = Names::default();
        names.tables.insert("isp1".into(), 1000);
        names.realms.insert("lan".into(), 7);
        let tables = ["main", "isp1", "0x10", "70000", "isp2"].map(|word| names.table(word));
        assert_eq!(tables, [Some(254), Some(1000), Some(16), Some(70000), None]);
        assert_eq!(names.protocol("keepalived"), Some(18));
        assert_eq!(names.protocol("256"), None);
        assert_eq!(names.realms("lan/3"), Some(7 << 16 | 3));
        assert_eq!(names.realms("9"), Some(9));
        assert_eq!(names.scope("link"), Some(253));
    }
}
