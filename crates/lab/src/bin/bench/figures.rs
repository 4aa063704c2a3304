//! Samples and what is said of them.

/// Quantiles of samples, in their unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figures {
    pub(crate) count: usize,
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) p99: f64,
    pub(crate) most: f64,
}

/// `None` without samples. Quantiles are samples: the nearest rank, so that p99 of few is the most.
pub(crate) fn figures(samples: &[f64]) -> Option<Figures> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len();
    let rank = |percent: usize| {
        sorted
            .get((count * percent).div_ceil(100).max(1) - 1)
            .copied()
    };
    Some(Figures {
        count,
        least: *sorted.first()?,
        median: rank(50)?,
        p99: rank(99)?,
        most: *sorted.last()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_samples() {
        assert_eq!(figures(&[]), None);
        let one = Figures {
            count: 1,
            least: 7.0,
            median: 7.0,
            p99: 7.0,
            most: 7.0,
        };
        assert_eq!(figures(&[7.0]), Some(one));
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let seen = figures(&hundred).unwrap();
        assert_eq!(
            (seen.least, seen.median, seen.p99, seen.most),
            (1.0, 50.0, 99.0, 100.0)
        );
    }
}
