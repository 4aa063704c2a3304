//! Real nginx in a node.
use crate::lan::Node;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const PREFIX: &str = "/tmp/nginx";

/// Where nginx is, if it is installed.
pub fn path() -> Option<PathBuf> {
    ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"]
        .iter()
        .map(PathBuf::from)
        .find(|p| p.is_file())
}

/// A running nginx; it ends with this value.
#[derive(Debug)]
pub struct Nginx(Child);

impl Nginx {
    /// Starts nginx with this configuration, as root: a user namespace may know no other user.
    ///
    /// # Errors
    /// `NotFound` when nginx is not installed, else what starting it gave.
    pub fn start(node: &Node, config: &str) -> io::Result<Self> {
        let hint = || {
            io::Error::new(
                io::ErrorKind::NotFound,
                "nginx is not installed: run scripts/install-deps",
            )
        };
        let program = path().ok_or_else(hint)?;
        let prefix = Path::new(PREFIX);
        node.space.write(prefix.join("nginx.conf"), config)?;
        node.space.write(prefix.join("logs/error.log"), "")?;
        let types = node
            .space
            .read("/etc/nginx/mime.types")
            .unwrap_or_else(|_| b"types { text/html html; }\n".to_vec());
        node.space.write(prefix.join("mime.types"), types)?;
        let mut command = Command::new(program);
        command.args(["-p", PREFIX, "-c", "nginx.conf", "-e", "logs/error.log"]);
        command
            .args(["-g", "daemon off; user root;"])
            .current_dir("/");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        node.space.spawn(command).map(Self)
    }

    /// Whether it still runs; it ends at once when it cannot have its address.
    pub fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Waits for its end and collects it, as a service manager does.
    pub fn wait(&mut self) -> io::Result<()> {
        self.0.wait().map(drop)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
