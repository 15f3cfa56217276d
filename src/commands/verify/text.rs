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
    let Verification { seed, packets, left, short, delivered, ended, known, difference } = verification;
    let short = match short {
        0 => String::new(),
        some => format!(" ({some} by a short cut)"),
    };
    let counted =
        format!("{left} left{short}, {delivered} were delivered to the router, {ended} got no further");
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

#[cfg(test)]
mod tests {
    use super::super::document::Seen;
    use super::*;
    use crate::render::trace::{Traced, TracedEnd, TracedWay};

    #[test]
    fn a_difference_is_shown_both_ways_and_then_made_small() {
        let end = TracedEnd {
            kind: "dropped",
            text: "no route leads there".to_owned(),
            interface: None,
            gateway: None,
            packet: None,
            line: None,
        };
        let way = TracedWay { share: 1.0, steps: Vec::new(), end, remarks: Vec::new(), answer: None };
        let packet = "icmp 192.0.2.9 -> 198.51.100.7 echo-request".to_owned();
        let written = "in=ether1 src=192.0.2.9 dst=198.51.100.7 proto=icmp".to_owned();
        let difference = Difference {
            packets: vec![written.clone()],
            expected: Traced {
                packet: packet.clone(),
                interface: Some("ether1".to_owned()),
                ways: vec![way],
            },
            seen: vec![Seen {
                interface: "ether2".to_owned(),
                neighbour: Some("203.0.113.1".to_owned()),
                packet,
            }],
            delivered: false,
            smallest: Some(Smallest {
                configuration: Some("/ip address\nadd address=192.0.2.1/24 interface=ether1\n".to_owned()),
                packets: vec![written],
                tries: 9,
            }),
        };
        let shown = text(&Verification {
            seed: 7,
            packets: 12,
            left: 8,
            short: 3,
            delivered: 2,
            ended: 1,
            known: 0,
            difference: Some(difference),
        });
        insta::assert_snapshot!(shown, @"
        packet 12 did not do what its trace says (seed 7)
        before it 8 left (3 by a short cut), 2 were delivered to the router, 1 got no further

        expected: by ether1 comes icmp 192.0.2.9 -> 198.51.100.7 echo-request
          dropped            no route leads there

        seen:
          by ether2 to 203.0.113.1 icmp 192.0.2.9 -> 198.51.100.7 echo-request

        the smallest configuration that shows a difference, of 9 that were tried:

        /ip address
        add address=192.0.2.1/24 interface=ether1

        with this packet, as rosc trace reads it:

        in=ether1 src=192.0.2.9 dst=198.51.100.7 proto=icmp
        ");
    }
}
