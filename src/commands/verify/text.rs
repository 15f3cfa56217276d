//! What came of comparing, for people.

use super::document::{Difference, Smallest, Verification};
use crate::render::trace::text as trace_text;
use std::fmt::{self, Write};

pub(super) fn text(verification: &Verification) -> String {
    let mut out = String::new();
    write(&mut out, verification).expect("writing to a string does not fail");
    out
}

fn write(out: &mut String, verification: &Verification) -> fmt::Result {
    let Verification { seed, packets, left, delivered, ended, known, difference } = verification;
    let counted = format!("{left} left, {delivered} were delivered to the router, {ended} got no further");
    let known = match known {
        0 => String::new(),
        1 => ", 1 differs as rosc check says".to_owned(),
        several => format!(", {several} differ as rosc check says"),
    };
    match difference {
        None => {
            writeln!(out, "all {packets} packets did what their traces say: {counted}{known} (seed {seed})")
        }
        Some(difference) => {
            writeln!(out, "packet {packets} did not do what its trace says (seed {seed})")?;
            writeln!(out, "before it {counted}{known}\n")?;
            write_difference(out, difference)
        }
    }
}

fn write_difference(out: &mut String, difference: &Difference) -> fmt::Result {
    let Difference { packets, expected, seen, delivered, smallest } = difference;
    write!(out, "expected: {}", trace_text(expected))?;
    writeln!(out, "\nseen:")?;
    for seen in seen {
        let neighbour = seen.neighbour.as_ref().map(|neighbour| format!(" to {neighbour}"));
        writeln!(out, "  by {}{} {}", seen.interface, neighbour.unwrap_or_default(), seen.packet)?;
    }
    if *delivered {
        writeln!(out, "  the router itself got it")?;
    } else if seen.is_empty() {
        writeln!(out, "  nothing: it did not come out, and the router itself did not get it")?;
    }
    out.push('\n');
    match smallest {
        Some(smallest) => write_smallest(out, smallest),
        None => {
            let behind = match packets.len() - 1 {
                0 => String::new(),
                1 => " behind the packet before it".to_owned(),
                before => format!(" behind the {before} packets before it"),
            };
            writeln!(out, "a fresh router does not show it again{behind}:\n")?;
            packets.last().map_or(Ok(()), |packet| writeln!(out, "{packet}"))
        }
    }
}

fn write_smallest(out: &mut String, smallest: &Smallest) -> fmt::Result {
    let Smallest { configuration, packets, tries } = smallest;
    match configuration {
        Some(configuration) => {
            writeln!(
                out,
                "the smallest configuration that shows a difference, of {tries} that were tried:\n"
            )?;
            out.push_str(configuration);
        }
        None => writeln!(out, "the files show a difference only as they are")?,
    }
    let which = match packets.len() {
        1 => "with this packet",
        _ => "with these packets, the last of which shows it",
    };
    writeln!(out, "\n{which}, as rosc trace reads it:\n")?;
    packets.iter().try_for_each(|packet| writeln!(out, "{packet}"))
}
