//! How the carrier of interfaces is watched.
use conf::Config;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Interfaces that are asked for their carrier each second.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Linkbeat {
    /// `linkbeat_use_polling` outside of all blocks: all that instances use.
    pub all: bool,
    /// `linkbeat_interfaces`, and those of instances with `linkbeat_use_polling`, by name; the
    /// first way that works when `None`.
    pub interfaces: BTreeMap<String, Option<PollMethod>>,
}

/// How an interface is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PollMethod {
    /// `MII`.
    Mii,
    /// `ETHTOOL`.
    Ethtool,
    /// `IOCTL`: by its flags.
    Flags,
}

pub(crate) fn build(config: &Config) -> Linkbeat {
    let polls = |block: &&conf::config::Instance| block.more.linkbeat_use_polling;
    let instances = config.instances.iter().filter(polls);
    let own = instances.filter_map(|block| block.interface.as_ref());
    let own = own.map(|name| (name.value.to_string(), None));
    let written = config.linkbeat.iter().map(|line| {
        let method = line.method.as_ref();
        let name = line.interface.value.to_string();
        (name, method.and_then(|word| method_named(&word.value)))
    });
    Linkbeat {
        all: config.daemon.linkbeat_use_polling,
        interfaces: own.chain(written).collect(),
    }
}

fn method_named(word: &str) -> Option<PollMethod> {
    match word {
        "MII" => Some(PollMethod::Mii),
        "ETHTOOL" => Some(PollMethod::Ethtool),
        "IOCTL" => Some(PollMethod::Flags),
        _ => None,
    }
}
