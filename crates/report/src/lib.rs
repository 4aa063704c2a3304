//! Floor 4: what people and programs read.
//!
//! Values come from the floors below, text is made here, and nothing here acts: `log` holds the
//! wording of log lines.

pub mod log;
