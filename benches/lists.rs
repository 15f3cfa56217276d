//! A million entries of an address list, from the file to the merged set as text, and into the kernel and back, beside what
//! `nft` takes to load it: `cargo bench --bench lists`.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

mod side_by_side;

use rosc_target::netns::NetNs;
use side_by_side::{Aim, ROSC, Workspace, compare, run, timed};
use std::fmt::Write;
use std::net::Ipv4Addr;
use std::path::Path;

const ENTRIES: u32 = 1_000_000;
const ROUNDS: usize = 3;
const SHOW: &str = "rosc show nft";
const APPLY: &str = "rosc apply, verified";
const AGAIN: &str = "rosc apply, nothing to do";
const NFT_FILE: &str = "nft --file";
const AIMS: &[Aim] =
    &[Aim { ours: SHOW, peer: NFT_FILE, at_most: 0.2 }, Aim { ours: APPLY, peer: NFT_FILE, at_most: 0.4 }];
/// The memory that the compiler may take at most, in KiB.
const MEMORY: &str = "400000";

fn main() {
    let workspace = Workspace::new(&address_list());
    let (router, nft_file) = (workspace.configuration(), workspace.path("rosc.nft"));
    let [router, nft_text] = [&router, &nft_file].map(|path| path.to_str().expect("a plain path"));
    compare("an address list of 1,000,000 entries", ROUNDS, AIMS, None, || {
        let ((), rosc) = timed(|| run(ROSC, &["show", "nft", router], &nft_file));
        let namespace = NetNs::new().expect("the right to make a network namespace");
        let ((), nft) = namespace.run(|| timed(|| run("nft", &["--file", nft_text], Path::new("/dev/null"))));
        let namespace = NetNs::new().expect("the right to make a network namespace");
        let state_dir = tempfile::tempdir().expect("a directory");
        let arguments = ["apply", "--state-dir", state_dir.path().to_str().expect("a plain path"), router];
        let apply = || timed(|| run(ROSC, &arguments, Path::new("/dev/null"))).1;
        let (first, again) = namespace.run(|| (apply(), apply()));
        vec![(SHOW, rosc), (APPLY, first), (AGAIN, again), (NFT_FILE, nft)]
    });
    let limited = format!("ulimit -v {MEMORY}; exec \"$0\" show nft \"$1\"");
    run("sh", &["-c", &limited, ROSC, router], Path::new("/dev/null"));
    println!("  rosc does with {MEMORY} KiB of memory");
}

/// Half of the entries touch their neighbour, so that merging has something to do.
fn address_list() -> String {
    let mut out = String::from("/ip firewall address-list\n");
    for index in 0..ENTRIES {
        // Any odd factor permutes the numbers below a power of two.
        let place = index.wrapping_mul(40_503) % ENTRIES.next_power_of_two();
        let address = Ipv4Addr::from_bits(0x0b00_0000 + place / 2 * 3 + place % 2);
        writeln!(out, "add address={address} list=blocked").expect("writing to a string");
    }
    out.push_str(
        "/ip firewall mangle\nadd action=mark-packet chain=forward src-address-list=blocked new-packet-mark=bad\n",
    );
    out
}
