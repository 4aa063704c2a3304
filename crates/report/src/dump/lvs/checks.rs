//! `Health checkers`.
use super::services::bracketed;
use super::{Out, seconds, yes};
use crate::dump::quoted;
use core::time::Duration;
use plan::Plan;
use plan::lvs::{
    Check, Dns, Endpoint, Http, HttpVersion, Misc, Probe, RealServer, Regex, Udp, Url,
};
use pool::Pools;

/// Names of the original for `regex_options`, by bit.
const REGEX_OPTIONS: &[&str] = conf::keywords::REGEX_OPTIONS;

pub(super) fn write(out: &mut Out, plan: &Plan, live: Option<&Pools>) {
    let any = |server: &RealServer| !server.checks.is_empty();
    let mut all = plan.lvs.servers.iter().flat_map(|service| &service.servers);
    if !all.any(any) {
        return;
    }
    out.title("Health checkers");
    for service in &plan.lvs.servers {
        for server in &service.servers {
            for check in &server.checks {
                out.line(1, format_args!("{} -> {}", service.name, server.name));
                one(out, check, live);
            }
        }
    }
}

fn one(out: &mut Out, check: &Check, live: Option<&Pools>) {
    let enabled = live.is_some_and(|pools| pools.is_enabled(check.id));
    let up = live.map_or(!check.params.alpha, |pools| pools.is_up(check.id));
    let run = live.is_some_and(|pools| pools.has_run(check.id));
    out.value(2, "Enabled", yes(enabled || live.is_none()));
    out.value(2, "Up", yes(up));
    out.value(2, "Has run", yes(run));
    let weight = live.map_or(0, |pools| pools.check_weight(check.id));
    out.value(2, "Current weight", weight);
    if !check.params.passive {
        rhythm(out, check);
    }
    out.value(2, "Log all failures", yes(check.log_all_failures));
    match &check.probe {
        Probe::Tcp(to) => plain(out, to, "TCP_CHECK"),
        Probe::Ping(to) => plain(out, to, "PING_CHECK"),
        Probe::Http(http) => self::http(out, http, check.params.fast_recovery),
        Probe::Smtp(smtp) => {
            plain(out, &smtp.endpoint, "SMTP_CHECK");
            out.value(2, "helo", &smtp.helo);
        }
        Probe::Dns(dns) => self::dns(out, dns),
        Probe::Udp(udp) => self::udp(out, udp),
        Probe::Misc(misc) => self::misc(out, misc),
        Probe::File(file) => {
            out.value(2, "Keepalive method", "FILE_CHECK");
            out.value(3, "Tracked file", &file.name);
        }
        Probe::Bfd(name) => {
            out.value(2, "Keepalive method", "BFD_CHECK");
            out.value(2, "Name", name);
        }
    }
}

fn rhythm(out: &mut Out, check: &Check) {
    let (params, micros) = (&check.params, |time: Duration| {
        format!("{} us", time.as_micros())
    });
    out.value(2, "Alpha", yes(params.alpha));
    out.value(2, "Delay loop", micros(params.delay_loop));
    out.value(2, "Warmup", micros(params.warmup));
    out.value(2, "Retries", params.retry);
    if params.retry > 0 {
        out.value(2, "Delay before retry", micros(params.delay_before_retry));
    }
}

fn plain(out: &mut Out, to: &Endpoint, method: &str) {
    endpoint(out, to);
    out.value(2, "Keepalive method", method);
}

fn endpoint(out: &mut Out, to: &Endpoint) {
    out.line(2, "Connection");
    out.value(3, "Dest", bracketed(to.address, to.port));
    let from = to.source.as_deref().cloned().unwrap_or_default();
    match (from.address, from.port) {
        (Some(address), port) => {
            out.value(3, "Bind to", bracketed(address, port.unwrap_or(0)));
        }
        (None, Some(port)) => out.value(3, "Bind to", format_args!("[]:{port}")),
        (None, None) => {}
    }
    if let Some(interface) = from.interface {
        out.value(3, "Bind i/f", interface);
    }
    if let Some(mark) = from.fwmark {
        out.value(3, "Mark", mark);
    }
    out.value(3, "Timeout", seconds(to.timeout));
}

fn http(out: &mut Out, http: &Http, fast_recovery: bool) {
    endpoint(out, &http.endpoint);
    let set = |flag: bool| if flag { "set" } else { "unset" };
    let method = if http.tls.is_some() {
        "SSL_GET"
    } else {
        "HTTP_GET"
    };
    let version = match http.version {
        HttpVersion::V10 => "1.0",
        HttpVersion::V10Close => "1.0C",
        HttpVersion::V11 => "1.1",
        HttpVersion::V2 => "2",
    };
    out.value(
        2,
        "Keepalive method",
        format!("{method}, http protocol {version}"),
    );
    let named = http
        .tls
        .as_ref()
        .is_some_and(|tls| tls.names.iter().any(Option::is_some));
    out.line(2, format_args!("Enable SNI {}", set(named)));
    out.line(2, format_args!("Fast recovery {}", set(fast_recovery)));
    if let Some(tls) = &http.tls {
        out.line(2, format_args!("tls_compliant {}", set(tls.compliant)));
    }
    for url in &http.urls {
        self::url(out, url, http);
    }
}

fn url(out: &mut Out, url: &Url, http: &Http) {
    out.value(2, "Checked url", &url.path);
    if let Some(digest) = url.digest {
        let hex = u128::from_be_bytes(digest);
        out.value(3, "digest", format_args!("{hex:032x}"));
    }
    out.line(3, "HTTP Status Code(s)");
    for (from, to) in &url.status {
        // a depth of its own
        let range = if from == to {
            from.to_string()
        } else {
            format!("{from}-{to}")
        };
        out.line(4, range);
    }
    let to = &http.endpoint;
    let default = std::net::SocketAddr::new(to.address, to.port).to_string();
    if url.host != default {
        out.value(3, "Virtual host", &url.host);
    }
    if let Some(regex) = &url.regex {
        self::regex(out, regex);
    }
}

fn regex(out: &mut Out, regex: &Regex) {
    out.value(3, "Regex", format_args!("\"{}\"", regex.pattern));
    if regex.inverted {
        out.line(3, "Regex no match");
    }
    if regex.min_offset.is_some() || regex.max_offset.is_some() {
        let (least, most) = (regex.min_offset.unwrap_or(0), regex.max_offset.unwrap_or(0));
        out.line(
            3,
            format!("Regex min offset = {least}, max_offset = {most}"),
        );
    }
    let set = |bit: &usize| regex.options & (1 << bit) != 0;
    let names = (0..REGEX_OPTIONS.len()).filter(set);
    let names: Vec<_> = names
        .filter_map(|bit| REGEX_OPTIONS.get(bit).copied())
        .collect();
    let names = names.join(" ");
    out.line(3, format_args!("Regex options: {names}"));
}

fn dns(out: &mut Out, dns: &Dns) {
    plain(out, &dns.endpoint, "DNS_CHECK");
    let kind = match dns.kind {
        1 => "A",
        2 => "NS",
        5 => "CNAME",
        15 => "MX",
        16 => "TXT",
        28 => "AAAA",
        46 => "RRSIG",
        48 => "DNSKEY",
        _ => "SOA",
    };
    out.value(2, "Type", kind);
    let name = if dns.name == "." { "" } else { &dns.name };
    out.value(2, "Name", name);
}

fn udp(out: &mut Out, udp: &Udp) {
    plain(out, &udp.endpoint, "UDP_CHECK");
    if udp.payload.is_empty() {
        out.value(2, "Payload specified", "no");
    } else {
        out.value(2, "Payload len", udp.payload.len());
    }
    out.value(2, "Require reply", yes(udp.reply.is_some()));
    let Some(reply) = &udp.reply else { return };
    out.value(3, "Min reply length", udp.min_length);
    out.value(3, "Max reply length", udp.max_length);
    if !reply.is_empty() {
        out.value(3, "Reply data len", reply.len());
        let masked = reply.iter().any(|(_, mask)| *mask != 0xff);
        out.value(3, "Reply data mask", yes(masked));
    }
}

fn misc(out: &mut Out, misc: &Misc) {
    out.value(2, "Keepalive method", "MISC_CHECK");
    out.value(2, "script", quoted(&misc.command));
    out.value(2, "timeout", misc.timeout.as_secs());
    let dynamic = if misc.dynamic { "YES" } else { "NO" };
    out.value(2, "dynamic", dynamic);
    if let Some(user) = &misc.command.user {
        let group = user.group.as_ref().unwrap_or(&user.user);
        out.value(2, "user:group", format_args!("{}:{group}", user.user));
    }
}
