//! Floor 1: the configuration language, from bytes to a typed [`Config`] and [`Diagnostic`]s.
//!
//! ```text
//! files ─▶ Snapshot ─▶ lines ─▶ words ─▶ clauses ─tables▶ Config + diagnostics
//! ```
//! Each step streams: [`reader`] hands out lines (through includes and the preprocessor),
//! [`lex`] cuts them into words, [`parse`] walks the blocks by the [`keywords`] tables, one row
//! per keyword, and each row lands in a typed field. Whether a word opens a block is decided by
//! the table, not by its braces, as in the original; so no tree is built that could disagree.
//!
//! Nothing here fails and nothing panics on foreign bytes: what is wrong becomes a diagnostic,
//! and [`verdict`] decides over the list. Files are read through the [`Files`] trait, so this
//! crate touches nothing itself.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod config;
mod diagnostic;
mod files;
pub mod keywords;
mod layout;
mod lex;
mod parse;
mod rare;
mod reader;
mod snapshot;
mod span;
mod suggest;
mod table;
mod value;

pub use config::Config;
pub use diagnostic::{Diagnostic, Label, Pass, Severity, Verdict, can_run, verdict};
pub use files::{Files, InMemory, Limits, ReadError};
pub use layout::layout;
pub use parse::{LoadOptions, Loaded, load};
pub use rare::{Plain, Rare};
pub use snapshot::{Location, Snapshot, Source};
pub use span::{Span, Spanned};
pub use suggest::nearest;
pub use table::{Keyword, OURS, Set, Table};
