//! Numbers that look random and are the same for each seed.

/// The next number is made from the last one.
pub struct Random(u64);

impl Random {
    /// The row of numbers that belongs to the seed.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    /// 0 to `bound` - 1.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next()).unwrap_or(usize::MAX) % bound.max(1)
    }

    /// A number of a range, both ends included; the ends often.
    pub fn within(&mut self, min: i64, max: i64) -> i64 {
        match self.below(4) {
            0 => min,
            1 => max,
            _ => {
                let span = max.abs_diff(min).saturating_add(1);
                min.saturating_add_unsigned(self.next() % span.max(1))
            }
        }
    }

    /// One of them; `None` when there are none.
    pub fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> Option<&'a T> {
        all.get(self.below(all.len())).copied()
    }
}
