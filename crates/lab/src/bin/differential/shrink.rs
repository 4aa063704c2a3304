//! Less of a text that still shows the same.
use std::io;

/// Tries that a text is worth.
const TRIES: usize = 300;

/// Takes lines away, many at once first, as long as `same` holds.
pub(crate) fn shrink(text: &str, same: impl Fn(&str) -> io::Result<bool>) -> io::Result<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let (mut size, mut tries) = (lines.len().div_ceil(2), 0);
    while size > 0 && tries < TRIES {
        let mut at = 0;
        while at < lines.len() && tries < TRIES {
            let mut less = lines.clone();
            less.drain(at..(at + size).min(less.len()));
            tries += 1;
            if same(&(less.join("\n") + "\n"))? {
                lines = less;
            } else {
                at += size;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    Ok(lines.join("\n"))
}
