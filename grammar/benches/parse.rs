//! How fast text becomes a tree, beside what pest alone takes to read it: `cargo bench -p rosc-grammar`.
//!
//! pest alone is the parser that it makes of the same grammar, without a tree. It is given the statements, or the files,
//! that the grammar is for: what the splitter would have to mend is left out for both. Of an address list it is given a
//! megabyte at a time, since it needs memory many times the size of what it reads.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

#[path = "../tests/it/published.rs"]
mod published;
#[path = "../../benches/side_by_side/rounds.rs"]
mod rounds;

use pest::Parser as _;
use published::{files, folder};
use rounds::{Aim, Measured, compare, timed};
use std::fmt::Write as _;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::path::Path;

/// pest's parser of the same grammar.
mod alone {
    #[derive(pest_derive::Parser)]
    #[grammar = "routeros.pest"]
    pub(super) struct Grammar;
}

const LIST: usize = 50_000_000;
/// How much pest alone is given at a time.
const CHUNK: usize = 1_000_000;
const ROUNDS: usize = 3;
const ROSC: &str = "rosc, statement by statement";
const PEST: &str = "pest alone";

fn main() {
    let list = address_list();
    let chunks = chunks(&list);
    // Before anything else: what is freed stays with the process, and would hide what comes after it.
    let rosc = peak_of(|| by_rosc(&list));
    let pest = peak_of(|| by_pest(chunks[0]));
    if let (Some(rosc), Some(pest)) = (rosc, pest) {
        println!(
            "memory beside the text: rosc {rosc:.1} MB for the list, pest {pest:.1} MB for a part of 1 MB"
        );
    }
    let aim = Aim { ours: ROSC, peer: PEST, at_most: 0.05 };
    beside_pest("an address list", &chunks, &[&list], aim);

    let mixed = mixed();
    let mixed: Vec<&str> = mixed.iter().map(String::as_str).filter(|text| is_whole(text)).collect();
    // It reads a statement at a time, and makes a tree; what is plain it reads itself.
    let aim = Aim { ours: ROSC, peer: PEST, at_most: 1.0 };
    beside_pest("other files", &mixed, &mixed, aim);
}

/// Reads the same text by both.
fn beside_pest(title: &str, for_pest: &[&str], for_rosc: &[&str], aim: Aim) {
    let bytes = for_rosc.iter().map(|text| text.len()).sum();
    let title = format!("{title}: {} of {:.1} MB", count(for_rosc.len(), "text"), bytes as f64 / 1e6);
    compare(&title, ROUNDS, &[aim], Some(bytes), || -> Vec<Measured> {
        let (_, pest) = timed(|| for_pest.iter().map(|text| by_pest(text)).sum::<usize>());
        let (_, rosc) = timed(|| for_rosc.iter().map(|text| by_rosc(text)).sum::<usize>());
        vec![(PEST, pest), (ROSC, rosc)]
    });
}

/// Reads a text as a compiler does, which forgets each statement before the next.
fn by_rosc(text: &str) -> usize {
    rosc_grammar::statements(text).map(|statement| usize::from(black_box(statement).is_ok())).sum()
}

fn by_pest(text: &str) -> usize {
    alone::Grammar::parse(alone::Rule::line, text).map_or(0, |pairs| black_box(pairs).len())
}

/// Whether the grammar takes the text as it is.
fn is_whole(text: &str) -> bool {
    alone::Grammar::parse(alone::Rule::line, text).is_ok()
}

/// Addresses and prefixes in two lists, some with a comment.
fn address_list() -> String {
    let mut out = String::with_capacity(LIST + 100);
    out.push_str("/ip firewall address-list\n");
    for index in 0u32.. {
        let address = Ipv4Addr::from_bits(0x0b00_0000 + index * 16);
        let line = match index % 8 {
            0 => writeln!(out, "add address={address}/29 list=blocked comment=\"seen in {index}\""),
            1 => writeln!(out, "add address={address} list=allowed disabled=yes"),
            _ => writeln!(out, "add address={address} list=blocked"),
        };
        line.expect("writing to a string");
        if out.len() >= LIST {
            break;
        }
    }
    out
}

/// A text in parts of whole lines.
fn chunks(text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut rest = text;
    while rest.len() > CHUNK {
        let end = CHUNK + rest[CHUNK..].find('\n').map_or(rest.len() - CHUNK, |newline| newline + 1);
        let (chunk, behind) = rest.split_at(end);
        chunks.push(chunk);
        rest = behind;
    }
    chunks.push(rest);
    chunks
}

/// Published files that are no lists of addresses; where there are none, the repository's own files, several times.
fn mixed() -> Vec<String> {
    let Some(published) = folder("dev") else {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let own = ["examples", "tests/diagnostics"].map(|name| files(&root.join(name)));
        let own: Vec<String> = own.into_iter().flatten().map(|(_, text)| text).collect();
        println!("reading the repository's own files in their place, ten times");
        return std::iter::repeat_n(own, 10).flatten().collect();
    };
    let kinds = ["export", "firewall", "misc", "multiwan", "routing", "script"];
    kinds.iter().flat_map(|kind| files(&published.join(kind))).map(|(_, text)| text).collect()
}

/// How much more memory some work takes at its peak than there is in use before, in MB; `None` where the kernel does not
/// tell.
fn peak_of(work: impl FnOnce() -> usize) -> Option<f64> {
    // Makes the peak what is in use now.
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    let before = in_status("VmHWM:")?;
    black_box(work());
    Some((in_status("VmHWM:")? - before) / 1000.0)
}

/// A figure that the kernel tells of this process, in KiB.
fn in_status(name: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
