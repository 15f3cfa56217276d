//! What came of comparing: the document that both forms are made of.

use crate::diagnostic::json;
use crate::ir::Router;
use crate::ir::nexthop::Surroundings;
use crate::lab::verify::{self, Outcome, Shown, Verified};
use crate::lower::Classifiers;
use crate::render::trace::{Traced, Tracing, packet_words};
use crate::smallest;
use crate::source::Sources;
use crate::trace::{Detailed, Tracer, written};
use serde::Serialize;

/// The JSON document.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    #[serde(flatten)]
    pub(super) diagnostics: json::Document,
    pub(super) verification: Option<&'a Verification>,
}

/// What came of a run.
#[derive(Debug, Serialize)]
pub(super) struct Verification {
    /// Draws the same packets again.
    pub(super) seed: u64,
    /// How many were sent and compared.
    pub(super) packets: u64,
    /// Those that left.
    pub(super) left: u64,
    /// Those of them that took the short cut of their connection.
    pub(super) short: u64,
    /// Those that the router itself got.
    pub(super) delivered: u64,
    /// Those that got no further.
    pub(super) ended: u64,
    /// Those that do otherwise as is known.
    pub(super) known: u64,
    /// The packet that did otherwise.
    pub(super) difference: Option<Difference>,
}

/// A packet that did otherwise.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    /// The packets since the router was fresh, as `rosc trace` reads them. The last one is sent, or answered, otherwise.
    pub(super) packets: Vec<String>,
    /// The way that it should have taken.
    pub(super) expected: Traced,
    /// What came out of the router.
    pub(super) seen: Vec<Seen>,
    /// Whether the router itself got it.
    pub(super) delivered: bool,
    /// The smallest that shows a difference; `null` if a fresh router shows none.
    pub(super) smallest: Option<Smallest>,
}

/// A packet that came out.
#[derive(Debug, Serialize)]
pub(super) struct Seen {
    pub(super) interface: String,
    pub(super) neighbour: Option<String>,
    pub(super) packet: String,
}

/// What is left of the configuration and of the packets.
#[derive(Debug, Serialize)]
pub(super) struct Smallest {
    /// One script; `null` if nothing could be left out of the files.
    pub(super) configuration: Option<String>,
    /// As `rosc trace` reads them.
    pub(super) packets: Vec<String>,
    /// How many routers were built to find it.
    pub(super) tries: u32,
}

impl Verification {
    pub(super) fn new(seed: u64, verified: &Verified<'_>) -> Self {
        let Verified { packets, left, short, delivered, ended, known, difference: _ } = *verified;
        Self { seed, packets, left, short, delivered, ended, known, difference: None }
    }
}

/// A difference with the way that was expected.
pub(super) fn difference(
    router: &Router,
    sources: &Sources,
    shown: &Shown<'_>,
    smallest: Option<smallest::Smallest>,
) -> Difference {
    let Shown { packets, difference: verify::Difference { sent, before, expected: _, outcome } } = shown;
    let tracer = Tracer::new(router, &Surroundings::default(), Detailed::Matched);
    let classifiers = Classifiers::of(router);
    let classify = classifiers.classify();
    let tracing = Tracing { tracer: &tracer, sources, classify: &classify };
    let mut expected = tracing.packet(&mut before.clone(), sent);
    for way in &mut expected.ways {
        // No answer was sent yet.
        way.answer = None;
    }
    let Outcome { seen, delivered } = outcome;
    let smallest = smallest.map(|smallest::Smallest { configuration, packets, tries }| Smallest {
        configuration,
        packets: packets.iter().map(written).collect(),
        tries,
    });
    let seen = seen.iter().map(|seen| Seen {
        interface: seen.interface.to_string(),
        neighbour: seen.neighbour.map(|neighbour| neighbour.to_string()),
        packet: packet_words(&seen.packet.packet),
    });
    Difference {
        packets: packets.iter().map(written).collect(),
        expected,
        seen: seen.collect(),
        delivered: !delivered.is_empty(),
        smallest,
    }
}
