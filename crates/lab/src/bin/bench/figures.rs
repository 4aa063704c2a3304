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

/// Median and most of samples; zero without any.
pub(crate) fn middle(samples: &[f64]) -> (f64, f64) {
    figures(samples).map_or((0.0, 0.0), |figures| (figures.median, figures.most))
}

/// Rows of numbers under a title.
pub(crate) struct Table {
    title: String,
    columns: Vec<&'static str>,
    rows: Vec<(String, Vec<f64>)>,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, columns: &[&'static str]) -> Self {
        Table {
            title: title.into(),
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, name: impl Into<String>, values: &[f64]) {
        self.rows.push((name.into(), values.to_vec()));
    }

    pub(crate) fn print(&self) {
        println!("\n{}", self.title);
        print!("  {:<18}", "");
        for column in &self.columns {
            print!("{column:>15}");
        }
        println!();
        for (name, values) in &self.rows {
            print!("  {name:<18}");
            for value in values {
                // as many digits as say something
                match value.abs() {
                    0.0 => print!("{:>15}", 0),
                    large if large >= 1000.0 => print!("{value:>15.0}"),
                    _ => print!("{value:>15.3}"),
                }
            }
            println!();
        }
    }
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
