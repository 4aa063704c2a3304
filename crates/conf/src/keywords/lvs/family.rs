//! The family of a service. An address has one; else `ip_family` or the first real server decides.
//! What is reached by a tunnel may be of the other one.
use crate::config::{Forwarding, Method, RealServer};
use crate::parse::Cx;
use crate::{Diagnostic, Severity, Spanned};

pub(super) fn ip_family(cx: &mut Cx, word: Spanned<usize>) {
    let ipv6 = word.value == 1;
    if *cx.virtual_server.ipv6.get_or_insert(ipv6) == ipv6 {
        return;
    }
    let name = if ipv6 { "inet6" } else { "inet" };
    let text = format!("Virtual server specified family {name} conflicts with server family");
    cx.report("family-conflict", Severity::Error, text, word.span);
}

fn is_tunnel(forwarding: Option<Forwarding>) -> bool {
    forwarding.is_some_and(|forwarding| forwarding.method == Method::Tunnel)
}

/// Whether the server that was just read can stand behind the service.
pub(super) fn suits(cx: &mut Cx, server: &RealServer) -> bool {
    let Some(address) = server.address else {
        return true;
    };
    if is_tunnel(server.forwarding) {
        return true;
    }
    let ipv6 = address.is_ipv6();
    if *cx.virtual_server.ipv6.get_or_insert(ipv6) == ipv6 {
        return true;
    }
    let text = format!(
        "Address family of virtual server and real server {address} don't match - skipping real server."
    );
    let found = Diagnostic::new("mixed-families", Severity::Error, text).at(server.span);
    cx.push(found.help("with 'lvs_method TUN' they may differ"));
    false
}

/// The sorry server is looked at when all is known of the service.
pub(super) fn check_sorry(cx: &mut Cx) {
    let service = &mut cx.virtual_server;
    let method = service.sorry_forwarding.or(service.forwarding);
    let (Some(sorry), Some(ipv6)) = (service.sorry_server, service.ipv6) else {
        return;
    };
    let (address, _) = sorry.value;
    if is_tunnel(method) || address.is_ipv6() == ipv6 {
        return;
    }
    service.sorry_server = None;
    let text = format!(
        "Address family of virtual server and sorry server {address} don't match - skipping sorry server."
    );
    cx.report("mixed-families", Severity::Error, text, sorry.span);
}
