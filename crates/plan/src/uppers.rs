//! Interfaces that are made on top of others: `use_vmac`, `use_ipvlan`.
use crate::names::Names;
use crate::{Instance, Plan};
use conf::Config;
use conf::config::{Global, Instance as Block};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use vrrp::InstanceId;
use wire::{Family, MacAddr, Prefix};

/// Longest name of an interface, in octets.
const NAME_LEN: usize = 15;

/// An interface to be made, and removed at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upper {
    /// Its name.
    pub name: String,
    /// The interface below.
    pub base: String,
    /// The instance that it is made for first.
    pub instance: String,
    /// What it is.
    pub kind: UpperKind,
    /// The family of what it carries.
    pub family: Family,
    /// Interface group; that of the interface below when `None`.
    pub group: Option<u32>,
    /// The VRF it belongs to (`vrf`); that of the interface below when `None`.
    pub vrf: Option<String>,
    /// Its instance sends and hears adverts by it (not with `vmac_xmit_base`).
    pub carries_adverts: bool,
    /// `netlink_notify_msg`: the kernel tells once more of the interface below, when this one has
    /// been made and when it is gone.
    pub tell_base: bool,
}

/// Kinds of such interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UpperKind {
    /// `use_vmac`: a macvlan with a hardware address of its own.
    Macvlan(MacAddr),
    /// `use_ipvlan`: shares the hardware address of the interface below.
    Ipvlan {
        /// How it sees its siblings.
        mode: IpvlanMode,
        /// An address of its own, from which adverts come.
        address: Option<Prefix>,
    },
}

/// How interfaces over the same one see each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpvlanMode {
    /// Directly.
    Bridge,
    /// Not at all.
    Private,
    /// By way of the switch outside.
    Vepa,
}

/// The virtual hardware address (RFC 9568 section 7.3).
pub fn virtual_mac(family: Family, vrid: u8) -> MacAddr {
    let fifth = if family == Family::V4 { 1 } else { 2 };
    MacAddr([0, 0, 0x5e, 0, fifth, vrid])
}

/// Makes the interfaces of all instances part of the plan, and moves adverts and addresses there.
pub(crate) fn assign(config: &Config, names: &Names, plan: &mut Plan) {
    let given = config.instances.iter().filter_map(|block| {
        let more = &block.more;
        let vmac = more.use_vmac.as_ref().and_then(|vmac| vmac.name.as_ref());
        let ipvlan = more.use_ipvlan.as_ref().and_then(|one| one.name.as_ref());
        vmac.or(ipvlan).map(|name| name.value.to_string())
    });
    let mut maker = Maker {
        global: &config.global,
        names,
        taken: given.collect(),
        uppers: Vec::new(),
    };
    for (block, id) in config.instances.iter().zip(0..) {
        if let Some(instance) = plan.instances.get_mut(&InstanceId(id)) {
            maker.instance(block, instance);
        }
    }
    plan.uppers = maker.uppers;
}

struct Maker<'a> {
    global: &'a Global,
    names: &'a Names,
    taken: BTreeSet<String>,
    uppers: Vec<Upper>,
}

impl Maker<'_> {
    fn instance(&mut self, block: &Block, instance: &mut Instance) {
        let base = instance.params.interface.clone();
        let own = self.own(block, instance, &base);
        let lines = block.addresses.iter().chain(&block.excluded);
        for (line, address) in lines.zip(&mut instance.addresses) {
            let family = match line.prefix {
                Prefix::V4(_) => Family::V4,
                Prefix::V6(_) => Family::V6,
            };
            // a macvlan has addresses of one family only
            let fits = family == instance.params.family
                || (block.more.use_ipvlan.is_some() && !line.use_vmac);
            let at_home = address.dev == base && fits;
            let wanted = line.use_vmac || (block.more.use_vmac_addr && !at_home);
            match &own {
                Some(name) if at_home => address.dev.clone_from(name),
                _ if wanted => {
                    let mac = virtual_mac(family, instance.params.vrid.get());
                    let upper = Upper {
                        name: String::new(),
                        base: address.dev.clone(),
                        instance: instance.name.clone(),
                        kind: UpperKind::Macvlan(mac),
                        family,
                        group: None,
                        vrf: None,
                        carries_adverts: false,
                        tell_base: false,
                    };
                    let prefix = self.global.vrrp.vmac_addr_prefix.as_ref();
                    let prefix = prefix.map(|prefix| prefix.value.to_string());
                    address.dev = self.make(upper, None, prefix, instance.params.vrid.get());
                }
                _ => {}
            }
        }
        if let Some(name) = own
            && !(block.more.vmac_xmit_base && block.more.use_vmac.is_some())
        {
            Arc::make_mut(&mut instance.params).interface = name;
        }
        if block.more.promote_secondaries {
            let devs = instance.addresses.iter().map(|address| &address.dev);
            let devs: BTreeSet<&String> = devs.collect();
            instance.promote_on = devs.into_iter().cloned().collect();
        }
    }

    /// The interface of the instance itself.
    fn own(&mut self, block: &Block, instance: &mut Instance, base: &str) -> Option<String> {
        let (params, more) = (Arc::make_mut(&mut instance.params), &block.more);
        let (kind, name, group) = match (&more.use_vmac, &more.use_ipvlan) {
            (Some(vmac), _) => {
                let mac = vmac.mac.map(|mac| mac.value);
                let mac = mac.unwrap_or(virtual_mac(params.family, params.vrid.get()));
                (UpperKind::Macvlan(mac), &vmac.name, &vmac.group)
            }
            (None, Some(ipvlan)) => {
                let address = ipvlan.address.map(|address| address.value);
                if let Some(address) = address {
                    params.source = params.source.or(Some(address.addr()));
                }
                let mode = ipvlan.mode.as_ref().map(|mode| &*mode.value);
                let mode = match mode {
                    Some("private") => IpvlanMode::Private,
                    Some("vepa") => IpvlanMode::Vepa,
                    _ => IpvlanMode::Bridge,
                };
                (
                    UpperKind::Ipvlan { mode, address },
                    &ipvlan.name,
                    &ipvlan.group,
                )
            }
            (None, None) => return None,
        };
        let group = group
            .as_ref()
            .and_then(|group| self.names.group(&group.value));
        let upper = Upper {
            name: String::new(),
            base: base.to_owned(),
            instance: instance.name.clone(),
            kind,
            family: params.family,
            group,
            vrf: more.vrf.as_ref().map(|vrf| vrf.value.to_string()),
            carries_adverts: !more.vmac_xmit_base,
            tell_base: more
                .use_vmac
                .as_ref()
                .is_some_and(|vmac| vmac.netlink_notify_msg),
        };
        let name = name.as_ref().map(|name| name.value.to_string());
        Some(self.make(upper, name, None, params.vrid.get()))
    }

    /// Gives the interface its name; a macvlan with the same address over the same interface is
    /// shared.
    fn make(
        &mut self,
        upper: Upper,
        name: Option<String>,
        prefix: Option<String>,
        vrid: u8,
    ) -> String {
        let same = |one: &&mut Upper| {
            matches!(one.kind, UpperKind::Macvlan(_))
                && (one.kind, &one.base) == (upper.kind, &upper.base)
                && name.as_ref().is_none_or(|name| *name == one.name)
        };
        if let Some(one) = self.uppers.iter_mut().find(same) {
            one.carries_adverts |= upper.carries_adverts;
            one.tell_base |= upper.tell_base;
            return one.name.clone();
        }
        let name = name.unwrap_or_else(|| self.free_name(prefix, upper.family, vrid));
        self.taken.insert(name.clone());
        self.uppers.push(Upper {
            name: name.clone(),
            ..upper
        });
        name
    }

    /// `vrrp.51`, else `vrrp6.51` for IPv6, else `vrrp1.51` and so on.
    fn free_name(&self, prefix: Option<String>, family: Family, vrid: u8) -> String {
        let written = self.global.vrrp.vmac_prefix.as_ref();
        let prefix = prefix.or_else(|| written.map(|prefix| prefix.value.to_string()));
        let prefix = prefix.unwrap_or_else(|| "vrrp".to_owned());
        let six = (family == Family::V6).then(|| "6".to_owned());
        let numbers = (1..).map(|n: u16| n.to_string());
        let middles = core::iter::once(String::new()).chain(six).chain(numbers);
        let mut names = middles.map(|middle| {
            let rest = format!("{middle}.{vrid}");
            let room = NAME_LEN.saturating_sub(rest.len());
            let prefix: String = prefix.chars().take(room).collect();
            prefix + &rest
        });
        names
            .find(|name| !self.taken.contains(name))
            .unwrap_or_default()
    }
}
