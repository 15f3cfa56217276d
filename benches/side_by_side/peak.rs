//! The time and the most memory that a program takes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a program took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    pub(crate) time: Duration,
    /// In MiB, without the programs that it started.
    pub(crate) memory: f64,
}

/// Runs a program to its end as [`super::run`] does. How much memory it has is asked for while it runs: the kernel
/// keeps the mark of the highest, but forgets it when the program ends.
pub(crate) fn run(program: &str, args: &[&str], stdout: &Path) -> Taken {
    let stdout = fs::File::create(stdout).expect("a file for the output");
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(stdout);
    let start = Instant::now();
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    let status_file = format!("/proc/{}/status", child.id());
    thread::scope(|scope| {
        let running = scope.spawn(move || (child.wait(), start.elapsed()));
        let mut memory = 0.0;
        while !running.is_finished() {
            memory = high_water_mark(&status_file).unwrap_or(memory);
            thread::sleep(Duration::from_millis(5));
        }
        let (status, time) = running.join().expect("waiting does not panic");
        let status = status.expect("it can be waited for");
        assert!(status.success(), "{program} {args:?}: {status}");
        Taken { time, memory }
    })
}

fn high_water_mark(status_file: &str) -> Option<f64> {
    let status = fs::read_to_string(status_file).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? / 1024.0)
}
