//! Measures rosc beside its peers: in each round everything runs once, so that what slows the machine slows all.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

use rosc::source::Sources;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The name of a measurement and its time.
pub(super) type Measured = (&'static str, Duration);

/// What is claimed: one measurement takes at most so much of another's time.
pub(super) struct Aim {
    pub(super) ours: &'static str,
    pub(super) peer: &'static str,
    pub(super) at_most: f64,
}

/// Takes some rounds, and prints the median of each measurement and of the ratios in the same round.
pub(super) fn compare(title: &str, rounds: usize, aims: &[Aim], mut round: impl FnMut() -> Vec<Measured>) {
    let rounds: Vec<Vec<Measured>> = (0..rounds).map(|_| round()).collect();
    println!("\n{title}; median of {} rounds", rounds.len());
    for (place, (name, _)) in rounds[0].iter().enumerate() {
        let seconds = rounds.iter().map(|round| round[place].1.as_secs_f64());
        println!("  {name:<44} {:>9.1} ms", median(seconds) * 1000.0);
    }
    for Aim { ours, peer, at_most } in aims {
        let ratios = rounds.iter().map(|round| time(round, ours) / time(round, peer));
        println!("  {:<44} {:>9.2} (aim {at_most:.2})", format!("{ours} / {peer}"), median(ratios));
    }
}

/// What something takes.
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

/// Runs a program to its end, in the network namespace of the calling thread; what it prints goes to a file, as it
/// would not wait for us there.
pub(super) fn run(program: &str, args: &[&str], stdout: &Path) {
    let stdout = std::fs::File::create(stdout).expect("a file for the output");
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(stdout);
    let status = command.status().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(status.success(), "{program} {args:?}: {status}");
}

/// The `rosc` that was built with the benchmark.
pub(super) const ROSC: &str = env!("CARGO_BIN_EXE_rosc");

/// A directory with a generated configuration.
pub(super) struct Workspace {
    directory: tempfile::TempDir,
}

impl Workspace {
    pub(super) fn new(configuration: &str) -> Self {
        let workspace = Self { directory: tempfile::tempdir().expect("a directory") };
        std::fs::write(workspace.configuration(), configuration).expect("a file");
        workspace
    }

    /// The configuration's path.
    pub(super) fn configuration(&self) -> PathBuf {
        self.path("router.rsc")
    }

    /// The path of another file.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The configuration as a stage of rosc reads it.
    #[allow(dead_code, reason = "not every benchmark has rosc in its own process")]
    pub(super) fn sources(&self) -> Sources {
        let mut sources = Sources::default();
        sources.read(&self.configuration()).expect("the file was just written");
        sources
    }
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
