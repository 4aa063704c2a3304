//! Placeholder line replaced with the crate's first code.
