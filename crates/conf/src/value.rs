//! Words into values, refusing with the original's words.
use core::time::Duration;

/// A value that was refused, or taken with a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The original's words.
    pub(crate) why: String,
}

fn refused<T>(why: String) -> Result<T, Refused> {
    Err(Refused { why })
}

/// A whole decimal number within bounds.
pub(crate) fn int(word: &str, min: i64, max: i64) -> Result<i64, Refused> {
    if min >= 0 && word.starts_with('-') {
        return refused(format!("negative number '{word}'"));
    }
    let digits = word.strip_prefix('+').unwrap_or(word);
    let bare = digits.strip_prefix('-').unwrap_or(digits);
    if bare.is_empty() || !bare.bytes().all(|b| b.is_ascii_digit()) {
        return refused(format!("invalid number '{word}'"));
    }
    match digits.parse::<i64>() {
        Ok(value) if (min..=max).contains(&value) => Ok(value),
        Ok(value) if u32::try_from(value.unsigned_abs()).is_ok() => {
            refused(format!("number '{word}' outside range [{min}, {max}]"))
        }
        _ if min >= 0 => refused(format!("number '{word}' outside unsigned integer range")),
        _ => refused(format!("number '{word}' outside integer range")),
    }
}

/// Seconds with decimals, within bounds given in microseconds; `true`: there were more than six
/// decimals, which are dropped.
pub(crate) fn seconds(word: &str, min: u64, max: u64) -> Result<(Duration, bool), Refused> {
    if word.starts_with('-') {
        return refused(format!("negative number '{word}'"));
    }
    let Some((micros, cut)) = decimal_micros(word) else {
        return refused(format!("invalid number '{word}'"));
    };
    if (min..=max).contains(&micros) {
        return Ok((Duration::from_micros(micros), cut));
    }
    refused(format!(
        "number '{word}' outside range [{}, {}]",
        decimal(min),
        decimal(max)
    ))
}

/// Microseconds as seconds with six decimals.
pub(crate) fn decimal(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// `12`, `1.5`, `.25`, `3.`; digits behind the sixth decimal are dropped.
fn decimal_micros(word: &str) -> Option<(u64, bool)> {
    let word = word.strip_prefix('+').unwrap_or(word);
    let (whole, part) = word.split_once('.').unwrap_or((word, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().unwrap_or(u64::MAX)
    };
    let six = part.get(..6).unwrap_or(part);
    let micros: u64 = format!("{six:0<6}").parse().ok()?;
    Some((
        whole.saturating_mul(1_000_000).saturating_add(micros),
        part.len() > 6,
    ))
}

/// The words for yes and no.
pub(crate) fn boolean(word: &[u8]) -> Option<bool> {
    match word {
        b"on" | b"true" | b"yes" => Some(true),
        b"off" | b"false" | b"no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_refused_in_the_originals_words() {
        assert_eq!(int("255", 1, 255), Ok(255));
        assert_eq!(int("+7", 1, 255), Ok(7));
        assert_eq!(int("010", 1, 255), Ok(10));
        assert_eq!(int("-5", -253, 253), Ok(-5));
        let refuse = |word| int(word, 1, 255).unwrap_err().why;
        assert_eq!(refuse("300"), "number '300' outside range [1, 255]");
        assert_eq!(refuse("-1"), "negative number '-1'");
        assert_eq!(refuse("0x10"), "invalid number '0x10'");
        assert_eq!(
            refuse("99999999999"),
            "number '99999999999' outside unsigned integer range"
        );
        assert_eq!(refuse(""), "invalid number ''");
    }

    #[test]
    fn seconds_are_exact_to_the_microsecond() {
        let all = |word| seconds(word, 0, u64::MAX);
        assert_eq!(all("1.5"), Ok((Duration::from_millis(1500), false)));
        assert_eq!(all(".000001"), Ok((Duration::from_micros(1), false)));
        assert_eq!(all("1.0000001"), Ok((Duration::from_secs(1), true)));
        let refuse = |word| seconds(word, 10_000, 255_000_000).unwrap_err().why;
        assert_eq!(
            refuse("0"),
            "number '0' outside range [0.010000, 255.000000]"
        );
        assert_eq!(refuse("x"), "invalid number 'x'");
        assert_eq!(refuse("1.2.3"), "invalid number '1.2.3'");
    }
}
