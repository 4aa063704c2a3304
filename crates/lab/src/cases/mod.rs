//! Configurations made from the keyword tables: whole ones, each keyword by itself, and mistakes.
//! `differential` gives them to the original, `every_keyword` looks at what they mean.
pub mod each;
pub mod generate;
pub mod mutate;
mod random;
pub mod samples;

pub use generate::Version;
pub use random::Random;
