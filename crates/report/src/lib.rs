//! Floor 4: what people and programs read.
//!
//! Values come from the floors below, text is made here, and nothing here acts: `log` holds the
//! wording of log lines, `diagnostics` that of findings in the configuration, `data` and `stats`
//! the files that signals ask for, `dump` the effective configuration, `manual` what the keyword tables say.

pub mod alert;
pub mod cause;
pub mod data;
pub mod diagnostics;
pub mod dump;
pub mod json;
pub mod log;
pub mod manual;
pub mod notice;
pub mod stats;
pub mod track;
pub mod webhook;
