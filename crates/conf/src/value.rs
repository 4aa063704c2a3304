//! Words into values, refusing with the original's words.
use std::net::IpAddr;

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
    // "" is what strtol(3) makes of nothing
    let (digits, bare) = if word.is_empty() {
        ("0", "0")
    } else {
        (digits, bare)
    };
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

/// A number with up to `places` decimals, in units of the last of them; bounds likewise.
/// `true`: there were more decimals, which are dropped.
pub(crate) fn decimal(
    word: &str,
    places: usize,
    min: u64,
    max: u64,
) -> Result<(u64, bool), Refused> {
    if word.starts_with('-') {
        return refused(format!("negative number '{word}'"));
    }
    let Some((value, cut)) = scaled(word, places) else {
        return refused(format!("invalid number '{word}'"));
    };
    if (min..=max).contains(&value) {
        return Ok((value, cut));
    }
    let (min, max) = (unscaled(min, places), unscaled(max, places));
    refused(format!("number '{word}' outside range [{min}, {max}]"))
}

fn unscaled(value: u64, places: usize) -> String {
    let unit = 10_u64.pow(u32::try_from(places).unwrap_or(0));
    format!("{}.{:0places$}", value / unit, value % unit)
}

/// `12`, `1.5`, `.25`, `3.` times ten to the power of `places`.
fn scaled(word: &str, places: usize) -> Option<(u64, bool)> {
    let word = word.strip_prefix('+').unwrap_or(word);
    let (whole, part) = word.split_once('.').unwrap_or((word, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let nothing = whole.is_empty() && part.is_empty() && !word.is_empty();
    if !digits(whole) || !digits(part) || nothing {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().unwrap_or(u64::MAX)
    };
    let kept = part.get(..places).unwrap_or(part);
    let power = |places: usize| 10_u64.checked_pow(u32::try_from(places).ok()?);
    let fraction: u64 = if kept.is_empty() {
        0
    } else {
        kept.parse().ok()?
    };
    let fraction = fraction.checked_mul(power(places - kept.len())?)?;
    let unit = power(places)?;
    Some((
        whole.saturating_mul(unit).saturating_add(fraction),
        part.len() > places,
    ))
}

/// An address; a prefix length behind it is read and ignored, as the original does.
pub(crate) fn address(word: &str) -> Option<IpAddr> {
    let (address, length) = word.split_once('/').unwrap_or((word, "0"));
    length.parse::<u8>().ok()?;
    address.parse().ok()
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
        assert_eq!(refuse(""), "number '' outside range [1, 255]");
        assert_eq!(int("", 0, 255), Ok(0), "as strtol(3) reads it");
    }

    #[test]
    fn seconds_are_exact_to_the_microsecond() {
        let all = |word| decimal(word, 6, 0, u64::MAX);
        assert_eq!(all("1.5"), Ok((1_500_000, false)));
        assert_eq!(all(".000001"), Ok((1, false)));
        assert_eq!(all("1.0000001"), Ok((1_000_000, true)));
        assert_eq!(decimal("1.5", 3, 0, 5000), Ok((1500, false)));
        let refuse = |word| decimal(word, 6, 10_000, 255_000_000).unwrap_err().why;
        assert_eq!(
            refuse("0"),
            "number '0' outside range [0.010000, 255.000000]"
        );
        assert_eq!(refuse("x"), "invalid number 'x'");
        assert_eq!(refuse("1.2.3"), "invalid number '1.2.3'");
    }
}
