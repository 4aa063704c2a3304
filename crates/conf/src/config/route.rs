//! Lines of `virtual_routes`, `virtual_rules` and their static kin.
use crate::{Span, Spanned};

/// An option of a route or rule and its value; the name is one of the table's.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteWord {
    /// The option, `to` for the destination.
    pub name: &'static str,
    /// Its value; empty for a flag.
    pub value: Spanned<Box<str>>,
}

/// A route as written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Route {
    /// The line.
    pub span: Span,
    /// Destination and options, in order.
    pub words: Vec<RouteWord>,
}

/// A policy rule as written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rule {
    /// The line.
    pub span: Span,
    /// Selectors, action and options, in order.
    pub words: Vec<RouteWord>,
}

impl Route {
    /// The value of an option, the last when it was written twice.
    pub fn get(&self, name: &str) -> Option<&Spanned<Box<str>>> {
        self.words
            .iter()
            .rev()
            .find(|word| word.name == name)
            .map(|word| &word.value)
    }
}

impl Rule {
    /// The value of an option, the last when it was written twice.
    pub fn get(&self, name: &str) -> Option<&Spanned<Box<str>>> {
        self.words
            .iter()
            .rev()
            .find(|word| word.name == name)
            .map(|word| &word.value)
    }
}
