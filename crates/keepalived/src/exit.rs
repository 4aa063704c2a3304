//! Exit codes, as the original gives them.

/// All went well.
pub(crate) const NORMAL: u8 = 0;
/// Something that a new start would not mend, or a bad option.
pub(crate) const FATAL: u8 = 1;
/// The configuration cannot be run.
pub(crate) const CONFIG: u8 = 2;
/// There is no configuration at all.
pub(crate) const NO_CONFIG: u8 = 6;

/// Whether a role that ends with this code would do so again.
pub(crate) const fn is_permanent(code: i32) -> bool {
    matches!(code, 1 | 2 | 4)
}

/// The word for a permanent error.
pub(crate) const fn name(code: i32) -> &'static str {
    match code {
        2 => "CONFIG",
        4 => "MISSING PERMISSION",
        _ => "FATAL",
    }
}
