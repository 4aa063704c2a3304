//! The checks of a real server: what they inherit, and what they default to.
use super::build::{Ids, next};
use super::{Check, Dns, Endpoint, FileCheck, Misc, Probe, Smtp, Source, Udp, http, secs};
use crate::notify;
use conf::Config;
use conf::config::{self, Checker, Connect, Rhythm};
use core::time::Duration;
use ledger::ipvs::DestKey;
use pool::{CheckId, CheckParams};

/// From whom a check inherits.
pub(super) struct Family<'a> {
    pub(super) config: &'a Config,
    pub(super) service: &'a config::VirtualServer,
    pub(super) real: &'a config::RealServer,
    pub(super) key: DestKey,
}

/// Default retries and pause before them (keepalived.conf(5)); `None`: `delay_loop`.
const fn defaults(check: &config::Check) -> (u32, Option<Duration>) {
    match check {
        config::Check::Misc(_) => (0, Some(secs(1))),
        config::Check::Dns(_) => (3, None),
        config::Check::Http(_) => (1, Some(secs(3))),
        _ => (1, Some(secs(1))),
    }
}

/// For `SMTP_CHECK` with `host` blocks, one checker for each of these; none: it is one itself.
pub(super) fn apart(checker: &Checker) -> Vec<Checker> {
    let config::Check::Smtp(block) = &checker.check else {
        return Vec::new();
    };
    let host = |(rhythm, connect): &(Rhythm, Connect)| Checker {
        rhythm: nearest_rhythm(rhythm, &checker.rhythm).into(),
        connect: nearest_connect(connect, &checker.connect),
        ..checker.clone()
    };
    block.hosts.iter().map(host).collect()
}

fn nearest_rhythm(near: &Rhythm, far: &Rhythm) -> Rhythm {
    Rhythm {
        alpha: near.alpha.or(far.alpha),
        delay_before_retry: near.delay_before_retry.or(far.delay_before_retry),
        delay_loop: near.delay_loop.or(far.delay_loop),
        log_all_failures: near.log_all_failures.or(far.log_all_failures),
        retry: near.retry.or(far.retry),
        warmup: near.warmup.or(far.warmup),
    }
}

fn nearest_connect(near: &Connect, far: &Connect) -> Connect {
    Connect {
        bind_if: near.bind_if.clone().or_else(|| far.bind_if.clone()),
        bind_port: near.bind_port.or(far.bind_port),
        bindto: near.bindto.or(far.bindto),
        connect_ip: near.connect_ip.or(far.connect_ip),
        connect_port: near.connect_port.or(far.connect_port),
        connect_timeout: near.connect_timeout.or(far.connect_timeout),
        fwmark: near.fwmark.or(far.fwmark),
    }
}

/// The meaning of one checker; `None` when it cannot work, which was told when it was read.
pub(super) fn build(checker: &Checker, family: &Family<'_>, ids: &mut Ids) -> Option<Check> {
    let params = params(checker, family);
    let probe = probe(checker, family, &params)?;
    let steps = match &probe {
        Probe::Http(http) => u32::try_from(http.urls.len()).unwrap_or(u32::MAX),
        _ => 1,
    };
    let all = family
        .config
        .global
        .scripts
        .checker_log_all_failures
        .as_ref();
    Some(Check {
        id: CheckId(next(&mut ids.check)),
        params: CheckParams { steps, ..params },
        probe,
        log_all_failures: checker
            .rhythm
            .log_all_failures
            .unwrap_or(all.is_some_and(|on| on.value)),
    })
}

fn params(checker: &Checker, family: &Family<'_>) -> CheckParams {
    let (rhythm, real, service) = (
        &*checker.rhythm,
        &*family.real.defaults,
        &family.service.defaults,
    );
    let (retry, pause) = defaults(&checker.check);
    let delay_loop = rhythm
        .delay_loop
        .or(real.delay_loop)
        .or(service.delay_loop)
        .unwrap_or(secs(60));
    let http = match &checker.check {
        config::Check::Http(http) => Some(http),
        _ => None,
    };
    let passive = matches!(
        checker.check,
        config::Check::File(..) | config::Check::Bfd(_)
    );
    CheckParams {
        delay_loop,
        delay_before_retry: rhythm
            .delay_before_retry
            .or(real.delay_before_retry)
            .or(service.delay_before_retry)
            .or(pause)
            .unwrap_or(delay_loop),
        // who is told is not asked again
        retry: if passive {
            0
        } else {
            let written = rhythm.retry.or(real.retry).or(service.retry);
            written.unwrap_or(retry)
        },
        warmup: rhythm
            .warmup
            .or(real.warmup)
            .or(service.warmup)
            .unwrap_or(delay_loop),
        alpha: rhythm
            .alpha
            .or(family.real.alpha)
            .unwrap_or(family.service.alpha),
        steps: 1,
        fast_recovery: http.is_some_and(|http| http.fast_recovery == Some(true)),
        prove_again: http.is_some(),
        passive,
    }
}

fn endpoint(connect: &config::Connect, family: &Family<'_>) -> Endpoint {
    let timeout = connect
        .connect_timeout
        .or(family.real.defaults.connect_timeout)
        .or(family.service.defaults.connect_timeout);
    let source = Source {
        address: connect.bindto,
        port: connect.bind_port,
        interface: connect.bind_if.as_ref().map(ToString::to_string),
        fwmark: connect.fwmark,
    };
    Endpoint {
        address: connect.connect_ip.unwrap_or(family.key.address),
        // the server's port as written: a tunnel or direct routing changes that of the table only
        port: connect
            .connect_port
            .or(family.real.port)
            .unwrap_or(family.key.port),
        timeout: timeout.unwrap_or(secs(5)),
        source: source.written(),
    }
}

fn probe(checker: &Checker, family: &Family<'_>, params: &CheckParams) -> Option<Probe> {
    let endpoint = endpoint(&checker.connect, family);
    Some(match &checker.check {
        config::Check::Tcp => Probe::Tcp(endpoint),
        config::Check::Ping => Probe::Ping(endpoint),
        config::Check::Http(block) => Probe::Http(Box::new(http::build(block, endpoint, family)?)),
        config::Check::Smtp(block) => Probe::Smtp(Box::new(Smtp {
            endpoint,
            helo: helo(block, family.config),
        })),
        config::Check::Dns(block) => Probe::Dns(Box::new(Dns {
            endpoint,
            kind: record(block.kind.unwrap_or("SOA")),
            name: block.name.as_ref().map_or(".", |name| name).to_owned(),
        })),
        config::Check::Udp(block) => Probe::Udp(Box::new(udp(block, endpoint))),
        config::Check::Misc(block) => Probe::Misc(Box::new(misc(block, params)?)),
        config::Check::File(name, weight, reverse) => {
            Probe::File(file(&name.value, *weight, *reverse, family.config)?)
        }
        config::Check::Bfd(name) => Probe::Bfd(name.value.to_string()),
    })
}

fn helo(block: &config::Smtp, config: &Config) -> String {
    let global = config.global.smtp_helo_name.as_ref();
    let name = block.helo_name.as_ref().or(global.map(|name| &name.value));
    name.map_or_else(
        || "smtpchecker.keepalived.org".to_owned(),
        ToString::to_string,
    )
}

/// Numbers of record types (RFC 1035 section 3.2.2, RFC 3596).
fn record(name: &str) -> u16 {
    match name {
        "A" => 1,
        "NS" => 2,
        "CNAME" => 5,
        "MX" => 15,
        "TXT" => 16,
        "AAAA" => 28,
        "RRSIG" => 46,
        "DNSKEY" => 48,
        _ => 6,
    }
}

fn udp(block: &config::Udp, endpoint: Endpoint) -> Udp {
    Udp {
        endpoint,
        payload: block.payload.as_deref().unwrap_or_default().to_vec(),
        reply: block.require_reply.as_deref().map(<[_]>::to_vec),
        min_length: block.min_reply_length.unwrap_or(0),
        max_length: block.max_reply_length.unwrap_or(255),
    }
}

fn misc(block: &config::Misc, params: &CheckParams) -> Option<Misc> {
    let script = block.misc_path.as_ref()?;
    let mut command = notify::command(script);
    if let Some(user) = &block.user {
        command.user = Some(crate::RunAs {
            user: user.user.value.to_string(),
            group: user.group.as_ref().map(|group| group.value.to_string()),
        });
    }
    let timeout = block.misc_timeout.filter(|timeout| *timeout > 0);
    Some(Misc {
        command,
        timeout: timeout.map_or(params.delay_loop, |n| secs(u64::from(n))),
        dynamic: block.misc_dynamic,
    })
}

fn file(name: &str, weight: Option<i32>, reverse: bool, config: &Config) -> Option<FileCheck> {
    let known = config.files.iter().find(|file| &*file.name.value == name)?;
    let path = known.file.as_ref()?;
    let own = known.weight.map_or(1, |weight| weight.value.value);
    let weight = weight.unwrap_or(own);
    Some(FileCheck {
        name: name.to_owned(),
        path: path.value.to_string(),
        weight: if reverse {
            weight.saturating_neg()
        } else {
            weight
        },
    })
}
