//! A `real_server` block: where it begins and ends.
use super::{endpoint, family};
use crate::config::{Check, RealServer};
use crate::parse::{Cx, Line};
use crate::{Diagnostic, Severity};

pub(super) fn open_real(cx: &mut Cx, line: &Line<'_>) -> bool {
    let Some(word) = line.need(cx, 1) else {
        return false;
    };
    let port = || {
        line.word(2)
            .map_or_else(|| "(null)".to_owned(), |w| w.text().into_owned())
    };
    let (address, port) = match endpoint(Some(word), line.word(2)) {
        Ok(Some(found)) => found,
        Ok(None) => {
            let text = format!(
                "Invalid real server ip address/port {}/{} - skipping",
                word.text(),
                port()
            );
            cx.report("bad-address", Severity::Error, text, word.span);
            return false;
        }
        Err(why) => {
            let text = format!(
                "Invalid real server ip address/port {}/{} - skipping",
                word.text(),
                port()
            );
            cx.push(
                Diagnostic::new("bad-value", Severity::Error, why)
                    .at(word.span)
                    .consequence(text),
            );
            return false;
        }
    };
    cx.real_server = RealServer {
        address: Some(address),
        port,
        span: line.span(),
        ..RealServer::default()
    };
    true
}

fn has_scripts(server: &RealServer) -> bool {
    let mut checkers = server.checkers.iter();
    server.notify_up.is_some()
        || server.notify_down.is_some()
        || checkers.any(|checker| matches!(checker.check, Check::Misc(_)))
}

pub(super) fn close_real(cx: &mut Cx) {
    let mut server = std::mem::take(&mut cx.real_server);
    // what the service says later is for later servers
    server.forwarding = server.forwarding.or(cx.virtual_server.forwarding);
    if !family::suits(cx, &server) {
        return;
    }
    // there are many, and most have one
    server.checkers.shrink_to_fit();
    cx.virtual_server.has_server_scripts |= has_scripts(&server);
    cx.virtual_server.real_servers.push(server);
}
