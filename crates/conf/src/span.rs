//! Where something was written: a position in the [`Snapshot`](crate::Snapshot).

/// A range of bytes in the snapshot; eight bytes, since every written value carries one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte, counted over all sources of the snapshot.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
}

impl Span {
    /// `start..start + len`.
    pub const fn new(start: u32, len: u32) -> Self {
        Span { start, len }
    }

    /// Offset behind the last byte.
    pub const fn end(self) -> u32 {
        self.start.saturating_add(self.len)
    }

    /// From the start of `self` to the end of `other`.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        let start = self.start.min(other.start);
        Span {
            start,
            len: self.end().max(other.end()) - start,
        }
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The word it was read from.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Pairs the two.
    pub const fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }

    /// Same place, other value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned {
            value: f(self.value),
            span: self.span,
        }
    }
}
