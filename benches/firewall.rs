//! A large firewall into the kernel, and again, and after a one-line edit, beside `nft` with the same ruleset:
//! `cargo bench --bench firewall`, or `cargo bench --bench firewall -- 1000000` for address lists of up to a million
//! entries, which takes 20 minutes: the kernel needs one to list them.
//!
//! rosc is a whole process: it reads the file, asks the kernel, writes its journal, has the changes made and verifies
//! them. Each round is in fresh network namespaces, which it needs the right to make.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

#[path = "firewall/router.rs"]
mod router;
mod side_by_side;

use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::host::Host;
use rosc::lower::lower;
use rosc_target::netns::NetNs;
use router::{Edit, Size};
use side_by_side::peak::{self, Taken};
use side_by_side::rounds::Measured;
use side_by_side::{Aim, ROSC, Workspace, compare, run, timed};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

const COMPILE: &str = "compile, in this process";
const NFT_FILE: &str = "nft --file";
const NFT_LIST: &str = "nft --json list ruleset";
const FIRST: &str = "rosc apply";
const AGAIN: &str = "rosc apply, nothing to do";
const RULE: &str = "rosc apply, a rule edited";
const ENTRY: &str = "rosc apply, an entry edited";
const SMALL_RULE: &str = "  a rule, of 1,000 and 10,000 entries";
const SMALL_ENTRY: &str = "  an entry, of 10,000 and 1,000 rules";

const AIMS: &[Aim] = &[
    Aim { ours: FIRST, peer: NFT_FILE, at_most: 0.4 },
    Aim { ours: AGAIN, peer: NFT_LIST, at_most: 0.05 },
    Aim { ours: RULE, peer: AGAIN, at_most: 2.0 },
    Aim { ours: ENTRY, peer: AGAIN, at_most: 2.0 },
];
/// What an edit costs is to follow from the edit, not from what stays.
const AIMS_BESIDE_SMALL: &[Aim] = &[
    Aim { ours: RULE, peer: SMALL_RULE, at_most: 2.0 },
    Aim { ours: ENTRY, peer: SMALL_ENTRY, at_most: 2.0 },
];

fn main() {
    let most = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100_000);
    let small = Router::new(Size { rules: 1_000, entries: 10_000 });
    beside_nft(&small, 7, None);
    for (rules, entries, rounds) in [(10_000, 100_000, 5), (10_000, 1_000_000, 3)] {
        if entries <= most {
            beside_nft(&Router::new(Size { rules, entries }), rounds, Some(&small));
        }
    }
}

fn beside_nft(router: &Router, rounds: usize, small: Option<&Router>) {
    let Size { rules, entries } = router.size;
    let memory = Cell::new((0.0_f64, 0.0_f64));
    let title = format!("{rules} rules, {entries} entries of address lists");
    let aims = AIMS.iter().chain(small.iter().flat_map(|_| AIMS_BESIDE_SMALL));
    compare(&title, rounds, aims, None, || {
        let (mut measured, by_nft) = router.by_nft();
        let (ours, by_rosc) = router.by_rosc();
        measured.push((COMPILE, router.compiled()));
        measured.extend(ours);
        if let Some(small) = small {
            let (times, _) = small.by_rosc();
            let time = |name| times.iter().find(|(other, _)| *other == name).expect("it was measured").1;
            measured.extend([(SMALL_RULE, time(RULE)), (SMALL_ENTRY, time(ENTRY))]);
        }
        let (nft, rosc) = memory.get();
        memory.set((nft.max(by_nft), rosc.max(by_rosc)));
        measured
    });
    let (nft, rosc) = memory.get();
    println!("  at most {nft:.0} MiB of memory for nft, {rosc:.0} MiB for rosc without the nft that it runs");
}

/// The files of one router.
struct Router {
    size: Size,
    workspace: Workspace,
    nft_file: PathBuf,
    rule_edited: PathBuf,
    entry_edited: PathBuf,
}

impl Router {
    fn new(size: Size) -> Self {
        let workspace = Workspace::new(&size.configuration(Edit::Nothing));
        let [nft_file, rule_edited, entry_edited] =
            ["router.nft", "rule.rsc", "entry.rsc"].map(|name| workspace.path(name));
        run(ROSC, &["show", "nft", text(&workspace.configuration())], &nft_file);
        std::fs::write(&rule_edited, size.configuration(Edit::Rule)).expect("a file");
        std::fs::write(&entry_edited, size.configuration(Edit::Entry)).expect("a file");
        Self { size, workspace, nft_file, rule_edited, entry_edited }
    }

    /// The file to what the kernel is to have.
    fn compiled(&self) -> Duration {
        let (lowered, time) = timed(|| {
            let sources = self.workspace.sources();
            let compiled = compile(&sources, Options::default());
            assert!(!has_errors(&compiled.diagnostics), "{:?}", compiled.diagnostics);
            lower(&compiled.router, &Host::unknown())
        });
        assert!(!has_errors(&lowered.diagnostics), "{:?}", lowered.diagnostics);
        time
    }

    /// The times, and the most memory.
    fn by_nft(&self) -> (Vec<Measured>, f64) {
        let listing = self.workspace.path("listing");
        let namespace = NetNs::new().expect("the right to make a network namespace");
        let nft = |args: &[&str]| namespace.run(|| peak::run("nft", args, &listing));
        let steps = [
            (NFT_FILE, nft(&["--file", text(&self.nft_file)])),
            (NFT_LIST, nft(&["--json", "list", "ruleset"])),
        ];
        times_and_memory(&steps)
    }

    fn by_rosc(&self) -> (Vec<Measured>, f64) {
        let namespace = NetNs::new().expect("the right to make a network namespace");
        let state_dir = tempfile::tempdir().expect("a directory");
        let original = self.workspace.configuration();
        let apply = |router: &Path| {
            let plan = self.workspace.path("plan");
            let args = ["apply", "--state-dir", text(state_dir.path()), text(router)];
            let taken = namespace.run(|| peak::run(ROSC, &args, &plan));
            (taken, std::fs::read_to_string(plan).expect("the plan").lines().count())
        };
        let (first, _) = apply(&original);
        let (again, nothing) = apply(&original);
        let (rule, one_out_one_in) = apply(&self.rule_edited);
        let (entry, one_set) = apply(&self.entry_edited);
        assert_eq!((nothing, one_out_one_in, one_set), (0, 2, 1), "changes");
        times_and_memory(&[(FIRST, first), (AGAIN, again), (RULE, rule), (ENTRY, entry)])
    }
}

fn times_and_memory(steps: &[(&'static str, Taken)]) -> (Vec<Measured>, f64) {
    let times = steps.iter().map(|(name, taken)| (*name, taken.time));
    (times.collect(), steps.iter().map(|(_, taken)| taken.memory).fold(0.0, f64::max))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}
