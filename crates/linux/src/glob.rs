//! File name patterns, by the C library's `glob(3)`: the original's `include` uses it, braces
//! included.
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The paths that match, sorted. Empty when nothing matches or the pattern holds a NUL.
pub fn glob(pattern: &str) -> Vec<PathBuf> {
    let Ok(pattern) = CString::new(pattern) else {
        return Vec::new();
    };
    // SAFETY: an all-zero `glob_t` is what `glob` asks for without GLOB_DOOFFS.
    let mut found: libc::glob_t = unsafe { std::mem::zeroed() };
    // SAFETY: the pattern is a C string, `found` lives until `globfree`, no error callback.
    let code = unsafe {
        libc::glob(
            pattern.as_ptr(),
            libc::GLOB_BRACE | libc::GLOB_MARK,
            None,
            &raw mut found,
        )
    };
    let mut paths = Vec::new();
    if code == 0 {
        for i in 0..found.gl_pathc {
            // SAFETY: after success `gl_pathv` holds `gl_pathc` pointers to C strings.
            let path = unsafe { CStr::from_ptr(*found.gl_pathv.add(i)) };
            paths.push(PathBuf::from(OsStr::from_bytes(path.to_bytes())));
        }
    }
    // SAFETY: `found` was filled by `glob`, and nothing borrows from it any more.
    unsafe { libc::globfree(&raw mut found) };
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_with_wildcards_and_braces_match_sorted() {
        let dir = std::env::temp_dir().join(format!("glob-test-{}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        for name in ["b.conf", "a.conf", "c.txt"] {
            std::fs::write(dir.join(name), "").unwrap();
        }
        let names = |pattern: &str| -> Vec<String> {
            let all = glob(&format!("{}/{pattern}", dir.display()));
            all.iter()
                .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
                .collect()
        };
        assert_eq!(names("*.conf"), ["a.conf", "b.conf"]);
        assert_eq!(names("{c.txt,a.conf}"), ["c.txt", "a.conf"]);
        assert!(names("nothing*").is_empty());
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
