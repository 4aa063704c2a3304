//! Kernel settings under `/proc/sys`. Those under `net` are of the calling thread's network
//! namespace.
use std::{fs, io};

/// The value of a setting, like `net/ipv4/conf/all/rp_filter`, without the line's end.
///
/// # Errors
/// `NotFound` when the kernel does not have it (for an interface: when that is gone).
pub fn get(name: &str) -> io::Result<String> {
    Ok(fs::read_to_string(format!("/proc/sys/{name}"))?
        .trim_end()
        .to_owned())
}

/// Changes a setting.
///
/// # Errors
/// `ReadOnlyFilesystem` or `PermissionDenied` in most containers.
pub fn set(name: &str, value: &str) -> io::Result<()> {
    fs::write(format!("/proc/sys/{name}"), value)
}

#[cfg(test)]
mod tests {
    use crate::namespace::Namespace;

    #[test]
    fn settings_are_those_of_the_namespace() {
        let name = "net/ipv6/conf/all/forwarding";
        let space = Namespace::new().unwrap();
        let other = Namespace::new().unwrap();
        space.run(|| super::set(name, "1")).unwrap();
        assert_eq!(space.run(|| super::get(name)).unwrap(), "1");
        assert_eq!(other.run(|| super::get(name)).unwrap(), "0");
        assert!(super::get("net/nothing").is_err());
    }
}
