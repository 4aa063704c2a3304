//! Floor 4: what people and programs read.
//!
//! Values come from the floors below, text is made here, and nothing here acts: `log` holds the
//! wording of log lines, `diagnostics` that of findings in the configuration.

pub mod diagnostics;
pub mod log;
