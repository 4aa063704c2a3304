//! `HTTP_GET` and `SSL_GET`.
use super::check::Family;
use super::{Endpoint, Http, HttpTls, HttpVersion, Regex, Url, Verify};
use conf::config::{self, HttpProtocol};

pub(super) fn build(block: &config::Http, endpoint: Endpoint, family: &Family<'_>) -> Option<Http> {
    if block.urls.is_empty() {
        return None;
    }
    let urls = block.urls.iter();
    let grpc = block.urls.iter().any(|url| url.grpc_service.is_some());
    Some(Http {
        tls: block.tls.then(|| tls(block, &endpoint, family)),
        urls: urls
            .map(|url| self::url(block, url, &endpoint, family))
            .collect(),
        version: match block.protocol {
            _ if grpc || block.http2 == Some(true) => HttpVersion::V2,
            None | Some(HttpProtocol::V10) => HttpVersion::V10,
            Some(HttpProtocol::V10Close) => HttpVersion::V10Close,
            Some(HttpProtocol::V11) => HttpVersion::V11,
        },
        endpoint,
    })
}

fn url(block: &config::Http, url: &config::Url, endpoint: &Endpoint, family: &Family<'_>) -> Url {
    let host = host(block, url, family);
    let host = host.map_or_else(|| default_host(endpoint), ToString::to_string);
    let path = url.path.as_ref().map_or("/", |path| path);
    let owned = |(name, value): &(Box<str>, Box<str>)| (name.to_string(), value.to_string());
    let method = match (&url.method, &url.body, &url.grpc_service) {
        (Some(method), _, _) => method,
        (None, None, None) => "GET",
        _ => "POST",
    };
    Url {
        status: statuses(url),
        digest: url.digest,
        regex: url.regex.as_ref().map(|pattern| Regex {
            pattern: pattern.to_string(),
            options: url.regex_options,
            inverted: url.regex_no_match,
            min_offset: url.regex_min_offset,
            max_offset: url.regex_max_offset,
            stack: url.regex_stack.map(|(_, most)| most),
        }),
        method: method.to_owned(),
        headers: url.headers.iter().map(owned).collect(),
        body: url.body.as_ref().map(ToString::to_string),
        grpc: url.grpc_service.as_ref().map(ToString::to_string),
        ..Url::get(path, host)
    }
}

/// The virtual host of the url, else of the check, the real or the virtual server.
fn host<'a>(block: &'a config::Http, url: &'a config::Url, family: &Family<'a>) -> Option<&'a str> {
    let inherited = family.real.defaults.virtualhost.as_deref();
    url.virtualhost
        .as_deref()
        .or(block.virtualhost.as_deref())
        .or(inherited)
        .or(family.service.defaults.virtualhost.as_deref())
}

fn default_host(endpoint: &Endpoint) -> String {
    std::net::SocketAddr::new(endpoint.address, endpoint.port).to_string()
}

fn statuses(url: &config::Url) -> Vec<(u16, u16)> {
    if url.status_codes.is_empty() {
        vec![(200, 299)]
    } else {
        url.status_codes.clone()
    }
}

fn tls(block: &config::Http, endpoint: &Endpoint, family: &Family<'_>) -> HttpTls {
    let names: Vec<_> = block
        .urls
        .iter()
        .map(|url| sni(block, url, family))
        .collect();
    let strict = block
        .tls_verify
        .unwrap_or(block.tls_ca.is_some() || block.tls_name.is_some());
    let verify = strict.then(|| {
        let common = family.config.tls.ca.as_ref().map(|ca| &ca.value);
        let named = block.urls.iter().zip(&names);
        let named = named.map(|(url, sni)| certified(block, url, sni.as_deref(), endpoint, family));
        Verify {
            ca: block.tls_ca.as_ref().or(common).map(ToString::to_string),
            names: named.collect(),
        }
    });
    HttpTls {
        names,
        compliant: block.tls_compliant.unwrap_or(false)
            || block.urls.iter().any(|url| url.tls_compliant == Some(true)),
        verify,
    }
}

/// `sni_name`, else the virtual host of url, check or service, if `enable_sni` says so.
fn sni(block: &config::Http, url: &config::Url, family: &Family<'_>) -> Option<String> {
    if let Some(Some(name)) = &block.sni_name {
        return Some(name.to_string());
    }
    if block.enable_sni != Some(true) && block.sni_name.is_none() {
        return None;
    }
    let host = url
        .virtualhost
        .as_ref()
        .or(block.virtualhost.as_ref())
        .or(family.service.defaults.virtualhost.as_ref());
    host.map(ToString::to_string)
}

/// The name that the certificate has to bear.
fn certified(
    block: &config::Http,
    url: &config::Url,
    sni: Option<&str>,
    endpoint: &Endpoint,
    family: &Family<'_>,
) -> String {
    let host = host(block, url, family).map(without_port);
    let sni = sni.map(without_port);
    let name = block.tls_name.as_deref().or(sni).or(host);
    name.map_or_else(|| endpoint.address.to_string(), ToOwned::to_owned)
}

/// `h.example:443` is the name `h.example`; an IPv6 address stands in brackets.
fn without_port(host: &str) -> &str {
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') && port.parse::<u16>().is_ok() => name,
        _ => host,
    }
}
