//! The rules of the house, as far as a test can keep them.

use crate::stages::{files, root, stem};
use regex::Regex;
use rosc::diagnostic::Code;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A room of the compiler, and what it may know: other rooms, and the project's own crates.
struct Room {
    name: &'static str,
    rooms: &'static [&'static str],
    crates: &'static [&'static str],
}

const TARGETS: &[&str] = &["rosc_ebpf", "rosc_nftables", "rosc_route", "rosc_sysctl", "rosc_target"];

/// The commands format scripts, which takes the grammar alone.
const COMMANDS: &[&str] =
    &["rosc_ebpf", "rosc_grammar", "rosc_nftables", "rosc_route", "rosc_sysctl", "rosc_target"];

/// The way of the data, from the text down to the machine: a room knows none that stands below it, but for places
/// (`source`) and what is said of them (`diagnostic`), which know nothing else.
const ROOMS: &[Room] = &[
    Room { name: "source", rooms: &[], crates: &["rosc_grammar", "rosc_target"] },
    Room { name: "diagnostic", rooms: &["source"], crates: &["rosc_target"] },
    Room { name: "ir", rooms: &[], crates: &["rosc_target"] },
    Room { name: "host", rooms: &["ir"], crates: &["rosc_ebpf", "rosc_nftables", "rosc_route"] },
    Room { name: "database", rooms: &["source"], crates: &["rosc_grammar", "rosc_target"] },
    Room { name: "catalog", rooms: &["database", "diagnostic", "ir"], crates: &["rosc_target"] },
    Room {
        name: "script",
        rooms: &["catalog", "database", "diagnostic", "ir", "source"],
        crates: &["rosc_grammar", "rosc_target"],
    },
    Room {
        name: "resolve",
        rooms: &["catalog", "database", "diagnostic", "ir", "source"],
        crates: &["rosc_target"],
    },
    Room {
        name: "compile",
        rooms: &["database", "diagnostic", "ir", "resolve", "script", "source"],
        crates: &[],
    },
    Room { name: "export", rooms: &["catalog", "database", "source"], crates: &["rosc_grammar"] },
    Room { name: "trace", rooms: &["catalog", "diagnostic", "ir"], crates: &["rosc_target"] },
    Room { name: "lint", rooms: &["diagnostic", "ir", "trace"], crates: &["rosc_target"] },
    // RouterOS's words end here and Linux's begin: no room below knows the catalog or the database.
    Room { name: "lower", rooms: &["diagnostic", "host", "ir"], crates: TARGETS },
    Room { name: "plan", rooms: &["lower", "source"], crates: TARGETS },
    Room { name: "live", rooms: &["database"], crates: &["rosc_nftables", "rosc_target"] },
    Room {
        name: "render",
        rooms: &["catalog", "ir", "lower", "source", "trace"],
        crates: &["rosc_ebpf", "rosc_grammar", "rosc_nftables", "rosc_route", "rosc_target"],
    },
    Room { name: "transaction", rooms: &["host", "ir", "lower", "plan"], crates: TARGETS },
    Room {
        name: "lab",
        rooms: &["diagnostic", "host", "ir", "lower", "trace", "transaction"],
        crates: &["rosc_ebpf", "rosc_nftables", "rosc_route", "rosc_target"],
    },
    Room { name: "watch", rooms: &["transaction"], crates: &["rosc_ebpf", "rosc_route", "rosc_target"] },
    Room {
        name: "strict",
        rooms: &["diagnostic", "ir", "render", "source"],
        crates: &["rosc_grammar", "rosc_target"],
    },
    Room {
        name: "smallest",
        rooms: &["compile", "diagnostic", "ir", "source", "trace"],
        crates: &["rosc_grammar"],
    },
    Room { name: "cli", rooms: &["ir"], crates: &[] },
    Room {
        name: "commands",
        rooms: &[
            "cli",
            "compile",
            "diagnostic",
            "export",
            "host",
            "ir",
            "lab",
            "lint",
            "live",
            "lower",
            "plan",
            "render",
            "script",
            "smallest",
            "source",
            "strict",
            "trace",
            "transaction",
            "watch",
        ],
        crates: COMMANDS,
    },
];

/// Rooms whose work is data in, data out.
const PURE: &[&str] = &[
    "diagnostic",
    "ir",
    "host",
    "database",
    "catalog",
    "script",
    "resolve",
    "compile",
    "export",
    "trace",
    "lint",
    "live",
    "lower",
    "plan",
    "render",
    "strict",
    "smallest",
];

/// What only programs that talk to a machine need.
const OF_MACHINES: &str = r"\bstd::(fs|io|env|process|thread|time::(Instant|SystemTime)|os|net::(Tcp|Udp))";

/// Crates from outside that one room stands for.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("pest", &["grammar/"]),
    ("aya", &["targets/ebpf/"]),
    ("miette", &["src/diagnostic/"]),
    ("clap", &["src/cli", "src/main.rs", "src/commands/"]),
    ("clap_complete", &["src/cli/generate.rs", "src/commands/generate.rs"]),
    ("clap_mangen", &["src/commands/generate.rs"]),
    ("regex", &["src/script/"]),
    ("strsim", &["src/diagnostic/suggest.rs"]),
    ("tokio", &["targets/route/"]),
    ("rtnetlink", &["targets/route/"]),
    ("netlink_packet_route", &["targets/route/"]),
    ("netlink_packet_core", &["targets/route/"]),
    ("nftables", &["targets/nftables/src/schema.rs"]),
    ("etherparse", &["src/lab/verify/"]),
    ("nix", &["src/lab/"]),
    ("sd_notify", &["src/watch/"]),
    ("socket2", &["src/lab/"]),
];

/// The norm is 350 lines; a file beyond this one holds two concepts.
const MOST_LINES: usize = 400;

#[test]
fn every_room_knows_only_what_it_may() {
    let mut breaches = Vec::new();
    let named = Regex::new(r"\bcrate::([a-z_]+)|\b(rosc_[a-z]+)\b").expect("a pattern");
    let of_machines = Regex::new(OF_MACHINES).expect("a pattern");
    let mut seen = BTreeSet::new();
    for source in sources(&["src"]) {
        let name = source.room();
        if name == "lib" || name == "main" {
            continue; // They hold the rooms together.
        }
        let room = ROOMS.iter().find(|room| room.name == name);
        let Some(room) = room else { panic!("{name} is no room of the table: say what it may know") };
        seen.insert(name.clone());
        for (line, code) in source.code() {
            let knows =
                named.captures_iter(code).map(|found| found.get(1).or(found.get(2)).expect("one").as_str());
            let strange = knows.filter(|known| {
                *known != room.name && !room.rooms.contains(known) && !room.crates.contains(known)
            });
            breaches.extend(strange.map(|known| format!("{}:{line}: {name} knows {known}", source.path)));
            // A group in braces would hide what it names from this test.
            if code.contains("crate::{") {
                breaches.push(format!("{}:{line}: a line for each room, please", source.path));
            }
            if PURE.contains(&room.name) && of_machines.is_match(code) {
                breaches.push(format!("{}:{line}: {name} is data in, data out", source.path));
            }
        }
    }
    assert_eq!(breaches, Vec::<String>::new());
    assert_eq!(seen.len(), ROOMS.len(), "a room of the table is gone: {seen:?}");
}

#[test]
fn targets_know_no_routeros_and_the_grammar_knows_no_machine() {
    let mut breaches = Vec::new();
    let compiler = Regex::new(r"\brosc(_grammar)?::").expect("a pattern");
    let of_machines = Regex::new(OF_MACHINES).expect("a pattern");
    for source in sources(&["targets", "grammar/src"]) {
        let pattern = if source.path.starts_with("grammar/") { &of_machines } else { &compiler };
        breaches.extend(source.lines_with(pattern));
    }
    assert_eq!(breaches, Vec::<String>::new());
}

#[test]
fn every_outside_crate_has_its_room() {
    let mut breaches = Vec::new();
    for (name, homes) in OUTSIDE {
        let pattern = Regex::new(&format!(r"(^|[^:\w]){name}::")).expect("a pattern");
        let strangers = sources(&["src", "grammar/src", "targets"]).into_iter().filter(|source| {
            let is_test = source.path.contains("/tests/") || source.path.contains("/benches/");
            !is_test && !homes.iter().any(|home| source.path.starts_with(home))
        });
        breaches.extend(strangers.flat_map(|source| source.lines_with(&pattern)));
    }
    assert_eq!(breaches, Vec::<String>::new());
}

#[test]
fn nothing_prints_but_the_commands() {
    let prints = Regex::new(r"\b(e?print(ln)?|dbg)!").expect("a pattern");
    let mut breaches = Vec::new();
    for source in sources(&["src", "grammar/src", "targets"]) {
        // The guard of kernel tests says why a test is skipped.
        let may = ["src/commands/", "src/main.rs", "targets/core/src/netns.rs"];
        let is_test = source.path.contains("/tests/") || source.path.contains("/benches/");
        if !is_test && !may.iter().any(|home| source.path.starts_with(home)) {
            breaches.extend(source.lines_with(&prints));
        }
    }
    assert_eq!(breaches, Vec::<String>::new());
}

#[test]
fn unsafe_stays_in_the_targets_and_async_where_netlink_is() {
    let mut breaches = Vec::new();
    for (pattern, homes) in [
        (r"\bunsafe\b", &["targets/"][..]),
        (r"\basync\b|\.await\b", &["targets/route/", "src/watch/", "src/lab/"]),
    ] {
        let pattern = Regex::new(pattern).expect("a pattern");
        for source in sources(&["src", "grammar", "targets", "tests", "benches", "fuzz"]) {
            if source.path != "tests/it/tidy.rs" && !homes.iter().any(|home| source.path.starts_with(home)) {
                breaches.extend(source.lines_with(&pattern));
            }
        }
    }
    assert_eq!(breaches, Vec::<String>::new());
}

#[test]
fn no_file_holds_two_concepts() {
    let long: Vec<String> = sources(&["src", "grammar", "targets", "tests", "benches", "fuzz"])
        .into_iter()
        .map(|source| (source.text.lines().count(), source.path))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, path)| format!("{path} has {lines} lines: look for the second concept"))
        .collect();
    assert_eq!(long, Vec::<String>::new());
}

#[test]
fn every_test_that_the_page_of_faults_names_is_there() {
    let page = fs::read_to_string(root().join("docs/faults.md")).expect("the page");
    let named = Regex::new(r"`((?:[a-z_]+::)+)([a-z_]+)`").expect("a pattern");
    let tests = sources(&["tests/it"]);
    let is_there = |rooms: &str, test: &str| {
        let path = format!("tests/it/{}.rs", rooms.trim_end_matches("::").replace("::", "/"));
        let function = format!("fn {test}(");
        tests.iter().any(|source| source.path == path && source.text.contains(&function))
    };
    let all: Vec<(&str, &str)> = named
        .captures_iter(&page)
        .map(|found| found.extract::<2>().1)
        .map(|[rooms, test]| (rooms, test))
        .collect();
    let lost: Vec<_> = all.iter().filter(|(rooms, test)| !is_there(rooms, test)).collect();
    assert_eq!(lost, Vec::<&(&str, &str)>::new());
    assert!(all.len() > 15, "{all:?}");
}

#[test]
fn every_snapshot_belongs_to_something() {
    let mut orphans = Vec::new();
    let examples: BTreeSet<String> = files("examples", "rsc").iter().map(|path| stem(path)).collect();
    let cases: BTreeSet<String> = files("tests/diagnostics", "rsc").iter().map(|path| stem(path)).collect();
    let of_examples = fs::read_to_string(root().join("tests/it/examples.rs")).expect("the tests of examples");
    for path in walk(&root().join("snapshots")) {
        let shown = relative(&path);
        let folder = path.parent().map(stem_of_folder).expect("a folder");
        let name = stem(&path);
        let belongs = path.extension().is_some_and(|ending| ending == "snap")
            && match folder.as_str() {
                "diagnostics" => cases.contains(&name),
                example if examples.contains(example) && of_examples.contains(&format!("\"{name}\"")) => true,
                _ => made_by_a_test(&path, &folder, &name),
            };
        if !belongs {
            orphans.push(shown);
        }
    }
    assert_eq!(orphans, Vec::<String>::new());
}

/// A snapshot names the test file that made it, which in turn holds the snapshot's name, or the folder's.
fn made_by_a_test(snapshot: &Path, folder: &str, name: &str) -> bool {
    let Ok(text) = fs::read_to_string(snapshot) else { return false };
    let source = text.lines().find_map(|line| line.strip_prefix("source: "));
    let test = source.and_then(|source| fs::read_to_string(root().join(source)).ok());
    test.is_some_and(|test| {
        test.contains(&format!("snapshots/{folder}\"")) && test.contains(&format!("\"{name}\""))
    })
}

#[test]
fn every_code_is_explained_and_used() {
    let sources = sources(&["src"]);
    let mut summaries = BTreeSet::new();
    for code in Code::ALL {
        let summary = code.summary();
        assert!(summary.len() > 20 && summary.ends_with('.'), "{code}: `{summary}` is no sentence");
        assert!(summaries.insert(summary), "{code} says the same as another code");
        let uses = Regex::new(&format!(r"\bCode::{code:?}\b")).expect("a pattern");
        let is_used = sources.iter().any(|source| !source.lines_with(&uses).is_empty());
        assert!(is_used, "nothing reports {code} ({code:?})");
    }
}

#[test]
fn the_page_of_compatibility_is_what_the_catalog_says() {
    let path = root().join("COMPATIBILITY.md");
    let page = rosc::catalog::compatibility::page();
    if std::env::var_os("UPDATE_PAGES").is_some_and(|value| value == "1") {
        fs::write(&path, &page).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(written.lines()).find(|(wanted, is)| wanted != is);
    assert!(
        page == written,
        "COMPATIBILITY.md is not what the catalog says; UPDATE_PAGES=1 cargo test writes it: {differs:#?}"
    );
}

/// A file of the project.
struct Source {
    /// From the root of the project.
    path: String,
    text: String,
}

impl Source {
    /// `lower` for `src/lower/route.rs` and for `src/lower.rs`.
    fn room(&self) -> String {
        let below = self.path.strip_prefix("src/").expect("a file of the compiler");
        let first = below.split('/').next().expect("a name");
        first.strip_suffix(".rs").unwrap_or(first).to_owned()
    }

    /// The lines of code with their numbers: comments are left out, and the tests at the end, which may look further.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = ["\n#[cfg(test)]\nmod tests {\n", "\n#[cfg(test)]\nmod tests;\n"];
        let end = tests.iter().filter_map(|tests| self.text.find(tests)).min().unwrap_or(self.text.len());
        let code = if self.path.ends_with("/tests.rs") { "" } else { &self.text[..end] };
        let lines = code.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn lines_with(&self, pattern: &Regex) -> Vec<String> {
        let found = self.code().filter(|(_, code)| pattern.is_match(code));
        found.map(|(line, code)| format!("{}:{line}: {}", self.path, code.trim())).collect()
    }
}

/// The Rust files of some folders.
fn sources(folders: &[&str]) -> Vec<Source> {
    let paths = folders.iter().flat_map(|folder| walk(&root().join(folder)));
    let rust = paths.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let sources: Vec<Source> = rust
        .map(|path| Source {
            path: relative(&path),
            text: fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        })
        .collect();
    assert!(!sources.is_empty(), "no sources in {folders:?}");
    sources
}

/// The files below a folder, without those of builds; none where there is no such folder.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    let below = |path: PathBuf| match path.is_dir() {
        true if path.ends_with("target") => Vec::new(),
        true => walk(&path),
        false => vec![path],
    };
    paths.into_iter().flat_map(below).collect()
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).expect("a file of the project").to_string_lossy().into_owned()
}

fn stem_of_folder(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
