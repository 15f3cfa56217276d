//! Runs rosc beside its peers.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

#[allow(dead_code, reason = "not every benchmark asks for memory")]
pub(super) mod peak;
pub(super) mod rounds;

pub(super) use rounds::{Aim, compare, timed};

use rosc::source::Sources;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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
