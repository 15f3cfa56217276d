//! Runs everything once in each round, so that what slows the machine slows all.

/// What is measured, in ns a packet.
pub(crate) struct Row<'a> {
    pub(crate) name: String,
    run: Box<dyn FnMut() -> f64 + 'a>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(name: impl Into<String>, run: impl FnMut() -> f64 + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }
}

/// All figures of all rounds: of each row those of the rounds.
pub(crate) struct Figures(Vec<(String, Vec<f64>)>);

impl Figures {
    /// Takes them. The first round only warms things up.
    pub(crate) fn take(rounds: usize, mut rows: Vec<Row<'_>>) -> Self {
        let mut figures: Vec<Vec<f64>> = rows.iter().map(|_| Vec::new()).collect();
        for round in 0..=rounds {
            for (row, figures) in rows.iter_mut().zip(&mut figures) {
                let figure = (row.run)();
                if round > 0 {
                    figures.push(figure);
                }
            }
        }
        Self(rows.into_iter().map(|row| row.name).zip(figures).collect())
    }

    /// The names of the rows, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The median of a row.
    pub(crate) fn of(&self, name: &str) -> f64 {
        median(self.row(name).iter().copied())
    }

    /// The median of what a row takes more than another in the same round.
    pub(crate) fn beyond(&self, name: &str, base: &str) -> f64 {
        median(self.row(name).iter().zip(self.row(base)).map(|(figure, base)| figure - base))
    }

    /// The median of how many times more a row takes than another in the same round, with a third taken off from both.
    pub(crate) fn times(&self, name: &str, other: &str, base: &str) -> f64 {
        let rounds = self.row(name).iter().zip(self.row(other)).zip(self.row(base));
        median(rounds.map(|((figure, other), base)| (figure - base) / (other - base)))
    }

    fn row(&self, name: &str) -> &[f64] {
        &self.0.iter().find(|(row, _)| row == name).expect("a row of that name").1
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
