//! Less of a text that still shows the same.
use std::io;

/// Tries that a text is worth.
const TRIES: usize = 150;

/// Takes lines away as long as `same` holds: blocks first, many lines at once, then each.
pub(crate) fn shrink(text: &str, same: impl Fn(&str) -> io::Result<bool>) -> io::Result<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut tries = 0;
    let mut less_is_same = |less: &[&str]| {
        tries += 1;
        io::Result::Ok(tries <= TRIES && same(&(less.join("\n") + "\n"))?)
    };
    let half = lines.len().div_ceil(2);
    let sizes = std::iter::successors(Some(half), |size| (*size > 2).then(|| size / 2));
    for size in [0].into_iter().chain(sizes).chain([0, 1]) {
        let mut at = 0;
        while at < lines.len() {
            // a block is as long as its braces say
            let end = match size {
                0 => block_end(&lines, at),
                _ => Some((at + size).min(lines.len())),
            };
            let less = end.map(|end| {
                let mut less = lines.clone();
                less.drain(at..end);
                less
            });
            match less {
                Some(less) if less_is_same(&less)? => lines = less,
                _ => at += size.max(1),
            }
        }
    }
    Ok(lines.join("\n"))
}

/// Behind the last line of the block that begins at line `from`, if one does.
fn block_end(lines: &[&str], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, line) in lines.iter().enumerate().skip(from) {
        depth += usize::from(line.ends_with('{'));
        if at == from && depth == 0 {
            return None;
        }
        depth = depth.saturating_sub(usize::from(line.trim() == "}"));
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}
