//! What a reload cannot change: it holds from the daemon's start to its end.
use conf::{Config, Spanned};
use serde::{Deserialize, Serialize};

/// Settings that last as long as the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lasting {
    /// `net_namespace`, or what the command line says instead.
    pub namespace: Option<String>,
    instance: Option<String>,
    ipvs_namespace: Option<String>,
    /// Tables of the packet filter, where they are used; empty: the usual one.
    nftables: Option<String>,
    nftables_ipvs: Option<String>,
    directory: Option<String>,
    no_local_igmp: bool,
}

impl Lasting {
    pub(crate) fn of(config: &Config) -> Lasting {
        let (daemon, global) = (&config.daemon, &config.global);
        let kernel = &global.kernel;
        Lasting {
            namespace: word(daemon.net_namespace.as_ref()),
            instance: word(daemon.instance.as_ref()),
            ipvs_namespace: optional(daemon.net_namespace_ipvs.as_ref()),
            nftables: optional(kernel.nftables.as_ref()),
            nftables_ipvs: optional(kernel.nftables_ipvs.as_ref()),
            directory: word(global.process.tmp_config_directory.as_ref()),
            no_local_igmp: global.vrrp.disable_local_igmp,
        }
    }

    /// Why `next` cannot take the place of this, in the original's words.
    pub fn refusal(&self, next: &Lasting) -> Option<String> {
        let changes = [
            (self.namespace != next.namespace, "network namespace"),
            (
                self.ipvs_namespace != next.ipvs_namespace,
                "IPVS network namespace",
            ),
            (self.instance != next.instance, "instance name"),
            (self.nftables != next.nftables, "nftables table name"),
            (
                self.nftables_ipvs != next.nftables_ipvs,
                "IPVS nftables table name",
            ),
            (self.directory != next.directory, "config_directory"),
            (
                self.no_local_igmp != next.no_local_igmp,
                "disable_local_igmp",
            ),
        ];
        let (_, what) = changes.into_iter().find(|(changes, _)| *changes)?;
        Some(format!(
            "Cannot change {what} at a reload - please restart keepalived"
        ))
    }
}

fn word(written: Option<&Spanned<Box<str>>>) -> Option<String> {
    written.map(|word| word.value.to_string())
}

/// A keyword whose name may be left out: empty then.
fn optional(written: Option<&Spanned<Option<Box<str>>>>) -> Option<String> {
    let name = |word: &Spanned<Option<Box<str>>>| word.value.as_deref().map(str::to_owned);
    written.map(|word| name(word).unwrap_or_default())
}
