//! Running things in a namespace.

use rosc_nftables::{Change, Nftables, Observed, State};
use rosc_target::netns::NetNs;
use rosc_target::{Target, TargetError};
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs `nft` with standard input and returns what it printed.
///
/// # Panics
/// If it fails, with its messages.
pub(crate) fn nft(namespace: &NetNs, arguments: &[&str], input: &str) -> String {
    let output = try_nft(namespace, arguments, input);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "nft {arguments:?}: {message}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs `nft` with standard input, which may fail.
pub(crate) fn try_nft(namespace: &NetNs, arguments: &[&str], input: &str) -> Output {
    namespace.run(|| {
        let mut child = Command::new("nft")
            .args(arguments)
            .env("TZ", "UTC0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    })
}

pub(crate) fn observe(namespace: &NetNs) -> Observed {
    namespace.run(|| Nftables::new().observe().unwrap())
}

/// Applies what is missing to `desired` and returns it.
pub(crate) fn converge(namespace: &NetNs, desired: &State) -> Result<Vec<Change>, TargetError> {
    namespace.run(|| {
        let mut target = Nftables::new();
        let observed = target.observe()?;
        let diff = Nftables::diff(desired, &observed);
        target.apply(&diff.changes)?;
        Ok(diff.changes)
    })
}
