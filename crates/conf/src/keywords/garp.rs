//! The `garp_*` values, which `global_defs` and `vrrp_instance` share.
use crate::parse::Cx;
use crate::{Severity, Spanned};
use core::time::Duration;

/// Largest number of whole seconds the original takes for a timer.
pub(super) const TIMER_MAX: i64 = 4294;
/// Largest count.
pub(super) const COUNT_MAX: i64 = 0xffff_ffff;

/// Whole seconds.
pub(super) fn secs(value: Spanned<i64>) -> Spanned<Duration> {
    value.map(|secs| Duration::from_secs(u64::try_from(secs).unwrap_or_default()))
}

/// A count.
pub(super) fn count(value: Spanned<i64>) -> Spanned<u32> {
    value.map(|count| u32::try_from(count).unwrap_or(u32::MAX))
}

/// A count of at least one; 0 is reported under `keyword` and made 1.
pub(super) fn at_least_one(cx: &mut Cx, keyword: &str, value: Spanned<i64>) -> Spanned<u32> {
    let count = count(value);
    if count.value > 0 {
        return count;
    }
    let text = format!("{keyword} must be greater than 0, setting to 1");
    cx.report("zero-count", Severity::Warning, text, value.span);
    Spanned::new(1, value.span)
}
