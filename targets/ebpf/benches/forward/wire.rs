//! Packets from the wire over routers to the wire.

use crate::clock::Processor;
use crate::packets::Run;
use crate::rounds::{Figures, Row};
use crate::router::{GENERATOR, Router};
use crate::shared::{LAN, index};
use std::time::Duration;

/// A run has so many packets, of many connections more.
pub(crate) const PACKETS: u32 = 1 << 17;
/// The most uplinks of a router.
pub(crate) const MOST: u8 = 16;
pub(crate) const ROUNDS: usize = 9;
pub(crate) const GENERATOR_ALONE: &str = "generator alone, dropped in the router's driver";

/// Routers by what is measured of them.
pub(crate) type Routers = Vec<(String, Router)>;

/// A router that ends all packets where they come in: what the generator takes, with its cable.
pub(crate) fn generator_alone() -> (String, Router) {
    let mut router = Router::new(1);
    router.inside.run(|| router.packets.end_at(index(LAN)));
    (GENERATOR_ALONE.to_owned(), router)
}

/// Sends packets over all of them.
pub(crate) fn figures(processor: &Processor, routers: &mut Routers, run: Run) -> Figures {
    let rows = routers
        .iter_mut()
        .map(|(name, router)| Row::new(name.clone(), move || taken(processor, router, run)));
    Figures::take(ROUNDS, rows.collect())
}

/// What one of these packets takes, in ns.
pub(crate) fn taken(processor: &Processor, router: &mut Router, run: Run) -> f64 {
    let (time, ended) = sent(processor, router, run);
    assert_eq!(ended, u64::from(run.packets), "all of them get through");
    time.as_secs_f64() * 1e9 / f64::from(run.packets)
}

/// What all of these packets take, and how many get through.
pub(crate) fn sent(processor: &Processor, router: &mut Router, run: Run) -> (Duration, u64) {
    let Router { outside, packets, .. } = router;
    let before = packets.ended();
    let time = outside.run(|| {
        let ifindex = index(GENERATOR);
        processor.time(|| packets.send(ifindex, run))
    });
    (time, packets.ended() - before)
}

pub(crate) fn print(figures: &Figures, traffic: &str) {
    println!("\nfrom wire to wire, {traffic}, IPv4, 60 bytes; ns a packet, median of {ROUNDS} rounds");
    for name in figures.names() {
        let beyond = figures.beyond(name, GENERATOR_ALONE);
        println!("  {name:<52} {:>8.0}  without the generator {beyond:>8.0}", figures.of(name));
    }
}
