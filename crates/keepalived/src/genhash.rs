//! `genhash`: fetches a page as `HTTP_GET` does and prints the digest to put into the
//! configuration. The same program under another name, or with `-T` before everything else.
use crate::exit;
use lexopt::Arg;
use plan::lvs::{Endpoint, Http, HttpTls, HttpVersion, Source, Tls, Url};
use std::ffi::OsString;
use std::net::ToSocketAddrs;
use std::time::{Duration, Instant};

const HELP: &str = "Usage: genhash COMMAND [OPTIONS]
Commands:
   -s server-address -p port -u url
   -S -s server-address -p port -u url
   -h

Options:
Either long or short options are allowed.
   --use-ssl         -S       Use SSL connection to remote server.
   --use-sni         -I       Use SNI during SSL handshake (uses virtualhost setting; see -V).
   --server          -s       Use the specified remote server address.
   --port            -p       Use the specified remote server port.
   --url             -u       Use the specified remote server url.
   --use-virtualhost -V       Use the specified virtualhost in GET query.
   --verbose         -v       Use verbose mode output.
   --help            -h       Display this short inlined help screen.
   --fwmark          -m       Use the specified FW mark.
   --protocol        -P       Use the specified HTTP protocol - '1.0', 1.0c', '1.1'.
                                1.0c means 1.0 with 'Connection: close'
   --timeout         -t       Timeout in seconds
";

/// The arguments for `genhash`, when it is what was called.
pub(crate) fn is_meant(program: &std::path::Path, args: &[OsString]) -> Option<Vec<OsString>> {
    if program.file_name().is_some_and(|name| name == "genhash") {
        return Some(args.to_vec());
    }
    let (first, rest) = args.split_first()?;
    (first == "-T").then(|| rest.to_vec())
}

/// Runs it; gives the exit code.
pub(crate) fn run(args: Vec<OsString>) -> u8 {
    let Some(wish) = parse(args) else {
        eprint!("{HELP}");
        return exit::FATAL;
    };
    match fetch(&wish) {
        Ok(()) => {}
        // on standard output and with exit code 0, as the original does
        Err(probe::Failure::Io("connect", _) | probe::Failure::Timeout("connect")) => {
            println!("Connection failed");
        }
        Err(why) => println!("{why}"),
    }
    exit::NORMAL
}

#[derive(Debug, PartialEq)]
struct Wish {
    http: Http,
    verbose: bool,
}

/// `None` where help is asked for or needed.
fn parse(args: Vec<OsString>) -> Option<Wish> {
    let mut parser = lexopt::Parser::from_args(args);
    let (mut server, mut port, mut path) = (None, None, None);
    let (mut host, mut mark, mut secure, mut sni, mut verbose) = (None, None, false, false, false);
    let (mut version, mut timeout) = (HttpVersion::V10, 5);
    while let Some(arg) = parser.next().ok()? {
        let name = match arg {
            Arg::Short(letter) => letter.to_string(),
            Arg::Long(name) => name.to_owned(),
            Arg::Value(_) => return None,
        };
        let mut value = || parser.value().ok()?.into_string().ok();
        match &*name {
            "S" | "use-ssl" => secure = true,
            "I" | "use-sni" => sni = true,
            "v" | "verbose" => verbose = true,
            "s" | "server" => server = Some(value()?),
            "p" | "port" => port = Some(value()?.parse().ok()?),
            "u" | "url" => path = Some(value()?),
            "V" | "use-virtualhost" => host = Some(value()?),
            "m" | "fwmark" => mark = Some(value()?.parse().ok()?),
            "t" | "timeout" => timeout = value()?.parse().ok()?,
            "P" | "protocol" => {
                version = match &*value()?.to_ascii_lowercase() {
                    "1.0" => HttpVersion::V10,
                    "1.0c" => HttpVersion::V10Close,
                    "1.1" => HttpVersion::V11,
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
    let port = port.unwrap_or(if secure { 443 } else { 80 });
    let target = (server?.as_str(), port).to_socket_addrs().ok()?.next()?;
    let names = vec![host.clone().filter(|_| sni)];
    let url = Url::get(path?, host.unwrap_or_else(|| target.to_string()));
    let source = Source {
        fwmark: mark,
        ..Source::default()
    };
    let http = Http {
        endpoint: Endpoint {
            timeout: Duration::from_secs(timeout),
            source: source.written(),
            ..Endpoint::new(target.ip(), port)
        },
        tls: secure.then(|| HttpTls {
            names,
            ..HttpTls::default()
        }),
        version,
        urls: vec![url],
    };
    Some(Wish { http, verbose })
}

fn fetch(wish: &Wish) -> Result<(), probe::Failure> {
    let ours = |why: std::io::Error| probe::Failure::Ours(why.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ours)?;
    let start = Instant::now();
    let tls = probe::Contexts::new(&Tls::default());
    let page = runtime.block_on(probe::fetch(&wish.http, &tls))?;
    let digest = u128::from_be_bytes(page.digest);
    if wish.verbose {
        let header = String::from_utf8_lossy(&page.header);
        println!("-----------------------[ HTTP Header Ascii Buffer ]-----------------------");
        println!("{header}");
        println!("-----------------------[ HTML hash final resulting ]-----------------------");
    }
    println!("{digest:032x}");
    if wish.verbose {
        let path = wish.http.urls.first().map_or("", |url| &url.path);
        let micros = start.elapsed().as_micros();
        println!("\nGlobal response time for [{path}] = {micros} usecs");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn name_or_option_makes_it_genhash() {
        let meant = |program: &str, args| is_meant(Path::new(program), &words(args));
        assert_eq!(meant("/usr/bin/genhash", "-v"), Some(words("-v")));
        assert_eq!(meant("keepalived", "-T -v"), Some(words("-v")));
        assert_eq!(meant("keepalived", "-t"), None);
        assert_eq!(meant("keepalived", ""), None);
    }

    #[test]
    fn options_are_the_originals() {
        let wish = parse(words(
            "-s 127.0.0.1 -p 8099 -u /a -S -I -V h -P 1.0C -m 7 -t 2 -v",
        ));
        let wish = wish.unwrap();
        assert!(wish.verbose);
        assert_eq!(wish.http.version, HttpVersion::V10Close);
        let source = wish.http.endpoint.source.expect("a source");
        assert_eq!(source.fwmark, Some(7));
        assert_eq!(wish.http.endpoint.timeout, Duration::from_secs(2));
        assert_eq!(wish.http.urls[0].host, "h");
        assert_eq!(wish.http.tls.unwrap().names, [Some("h".to_owned())]);
        let plain = parse(words("--server 127.0.0.1 --port 8099 --url /a")).unwrap();
        assert_eq!(plain.http.urls[0].host, "127.0.0.1:8099");
        assert_eq!(plain.http.tls, None);
        for bad in [
            "",
            "-h",
            "-s 127.0.0.1",
            "-u /a",
            "-s 127.0.0.1 -u /a -P 2",
            "-x",
        ] {
            assert_eq!(parse(words(bad)), None, "{bad}");
        }
    }
}
