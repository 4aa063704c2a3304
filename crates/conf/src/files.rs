//! The one door to the world: whoever loads a configuration says how files are read.
use std::fmt;

/// Reads files for [`load`](crate::load).
pub trait Files {
    /// The bytes of a regular file, at most `limit` of them.
    fn read(&mut self, path: &str, limit: usize) -> Result<Vec<u8>, ReadError>;

    /// The paths that match a glob pattern, sorted; the pattern itself when it has no wildcard
    /// and the file exists.
    fn glob(&mut self, pattern: &str) -> Vec<String>;
}

/// A configuration that is one text and nothing else: it is called `keepalived.conf`, and no other
/// file is there.
#[derive(Debug, Clone, Copy)]
pub struct InMemory<'a>(pub &'a str);

impl Files for InMemory<'_> {
    fn read(&mut self, path: &str, _limit: usize) -> Result<Vec<u8>, ReadError> {
        match path {
            "keepalived.conf" => Ok(self.0.as_bytes().to_vec()),
            _ => Err(ReadError::Missing),
        }
    }

    fn glob(&mut self, _pattern: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Why a file could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// No such file.
    Missing,
    /// It is a directory.
    Directory,
    /// A device, FIFO or socket: reading it might never end.
    NotRegular,
    /// Larger than the limit that was given.
    TooLarge,
    /// Permission denied and the like, in the system's words.
    Other(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Missing => f.write_str("no such file"),
            ReadError::Directory => f.write_str("is a directory"),
            ReadError::NotRegular => f.write_str("is not a regular non-executable file"),
            ReadError::TooLarge => f.write_str("is too large"),
            ReadError::Other(why) => f.write_str(why),
        }
    }
}

/// Bounds of what is read, so that no file can exhaust the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes over all files and expansions (default 1 GiB; the original has none). What replacing
    /// parameters copies on the way may be sixteen times that.
    pub bytes: usize,
    /// Includes within includes (default 64).
    pub depth: usize,
    /// Files in all (default 65 536); sixteen times as many names may be looked for.
    pub files: usize,
    /// Lines that the preprocessor may make (default 20 million), so that a small file cannot
    /// keep it busy for ever.
    pub expansions: usize,
    /// Findings kept; further ones are only counted (default 10 000).
    pub diagnostics: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: 1 << 30,
            depth: 64,
            files: 65_536,
            expansions: 20_000_000,
            diagnostics: 10_000,
        }
    }
}
