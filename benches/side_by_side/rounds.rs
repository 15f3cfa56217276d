//! Measures something beside its peers: in each round everything runs once, so that what slows the machine slows all.

use std::time::{Duration, Instant};

/// The name of a measurement and its time.
pub(crate) type Measured = (&'static str, Duration);

/// What is claimed: one measurement takes at most so much of another's time.
pub(crate) struct Aim {
    pub(crate) ours: &'static str,
    pub(crate) peer: &'static str,
    pub(crate) at_most: f64,
}

/// Takes some rounds, and prints the median of each measurement and of the ratios in the same round. Where it is known
/// how many bytes each measurement reads, it prints how fast that was.
pub(crate) fn compare<'a>(
    title: &str,
    rounds: usize,
    aims: impl IntoIterator<Item = &'a Aim>,
    bytes: Option<usize>,
    mut round: impl FnMut() -> Vec<Measured>,
) {
    let rounds: Vec<Vec<Measured>> = (0..rounds).map(|_| round()).collect();
    println!("\n{title}; median of {} rounds", rounds.len());
    for (place, (name, _)) in rounds[0].iter().enumerate() {
        let seconds = median(rounds.iter().map(|round| round[place].1.as_secs_f64()));
        let speed = bytes.map(|bytes| format!(" {:>8.1} MB/s", bytes as f64 / 1e6 / seconds));
        println!("  {name:<44} {:>9.1} ms{}", seconds * 1000.0, speed.unwrap_or_default());
    }
    for Aim { ours, peer, at_most } in aims {
        let ratios = rounds.iter().map(|round| time(round, ours) / time(round, peer));
        println!("  {:<44} {:>9.3} (aim {at_most:.2})", format!("{ours} / {peer}"), median(ratios));
    }
}

/// What something takes.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

fn time(round: &[Measured], name: &str) -> f64 {
    let measured = round.iter().find(|(other, _)| *other == name);
    measured.expect("an aim names measurements").1.as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
