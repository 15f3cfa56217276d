//! The smallest that still shows a difference: of a configuration the fewest statements, of packets the fewest and the
//! simplest.
//!
//! Whether something shows the difference is the caller's experiment. What is found shows one, which need not be the one
//! that was there first; it is one all the same.

mod fewest;
mod simpler;
mod statements;

use crate::compile::{Options, compile};
use crate::diagnostic::has_errors;
use crate::ir::Router;
use crate::source::Sources;
use crate::trace::Arrival;
use fewest::fewest;
use simpler::simpler;
use statements::Statements;

/// Where to look.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    /// The configuration that shows a difference.
    pub sources: &'a Sources,
    /// How it is read.
    pub options: Options,
    /// Makes sources of one text: with what its scripts may import, if they may.
    pub sources_of: &'a dyn Fn(&str) -> Sources,
    /// Sends packets to a fresh router, and returns the place of the one that does otherwise. What can't be tried shows
    /// nothing.
    pub experiment: &'a dyn Fn(&Router, &[Arrival]) -> Option<usize>,
    /// Asked before each try whether there is time for it.
    pub go_on: &'a dyn Fn() -> bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smallest {
    /// The statements that are left, as one script, with stars for secrets. `None` if the files show nothing as one: then
    /// they are left as they are.
    pub configuration: Option<String>,
    /// The packets, of which the last one shows it.
    pub packets: Vec<Arrival>,
    /// How many experiments were made.
    pub tries: u32,
}

/// So many experiments are made at most.
const MOST_TRIES: u32 = 600;

/// Looks for the smallest that shows the difference that these packets show. `None` if they do not show it again.
pub fn smallest(search: Search<'_>, packets: &[Arrival]) -> Option<Smallest> {
    let mut bench = Bench { search, tries: 0 };
    let whole = compile(search.sources, search.options).router;
    let mut packets = bench.shown(&whole, packets)?;
    bench.fewest_packets(&whole, &mut packets);
    let statements = Statements::of(search.sources, whole.dialect);
    let mut kept: Vec<usize> = (0..statements.len()).collect();
    if !bench.shows_configured(&statements, &kept, &packets) {
        bench.simplest_packets(&whole, &mut packets);
        return Some(Smallest { configuration: None, packets, tries: bench.tries });
    }
    // What makes the configuration smaller may make packets needless, and the other way round.
    loop {
        let before = (kept.len(), packets.clone());
        kept = fewest(kept, |kept| bench.shows_configured(&statements, kept, &packets));
        let router = compile(&(search.sources_of)(&statements.text(&kept)), search.options).router;
        bench.fewest_packets(&router, &mut packets);
        bench.simplest_packets(&router, &mut packets);
        if before == (kept.len(), packets.clone()) || !bench.has_patience() {
            let configuration = Some(statements.text(&kept));
            return Some(Smallest { configuration, packets, tries: bench.tries });
        }
    }
}

struct Bench<'a> {
    search: Search<'a>,
    tries: u32,
}

impl Bench<'_> {
    fn has_patience(&self) -> bool {
        self.tries < MOST_TRIES && (self.search.go_on)()
    }

    /// The packets up to the one that does otherwise.
    fn shown(&mut self, router: &Router, packets: &[Arrival]) -> Option<Vec<Arrival>> {
        if packets.is_empty() || !self.has_patience() {
            return None;
        }
        self.tries += 1;
        let place = (self.search.experiment)(router, packets)?;
        Some(packets[..=place].to_vec())
    }

    fn shows_configured(&mut self, statements: &Statements, kept: &[usize], packets: &[Arrival]) -> bool {
        let sources = (self.search.sources_of)(&statements.text(kept));
        let compiled = compile(&sources, self.search.options);
        !has_errors(&compiled.diagnostics) && self.shown(&compiled.router, packets).is_some()
    }

    /// Leaves packets out that came before the last one.
    fn fewest_packets(&mut self, router: &Router, packets: &mut Vec<Arrival>) {
        let Some(last) = packets.pop() else { return };
        let with_last =
            |before: &[Arrival]| -> Vec<Arrival> { before.iter().chain([&last]).cloned().collect() };
        // Mostly it is the one alone.
        if packets.is_empty() || self.shown(router, &with_last(&[])).is_some() {
            *packets = vec![last];
            return;
        }
        let before =
            fewest(std::mem::take(packets), |before| self.shown(router, &with_last(before)).is_some());
        *packets = with_last(&before);
    }

    fn simplest_packets(&mut self, router: &Router, packets: &mut Vec<Arrival>) {
        while let Some(simpler) =
            simpler(packets).into_iter().find_map(|simpler| self.shown(router, &simpler))
        {
            *packets = simpler;
        }
    }
}
