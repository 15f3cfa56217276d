//! What the fast path takes for a packet, and what the kernel takes: `cargo bench -p rosc-ebpf --bench forward`.
//!
//! Needs root, and makes namespaces of its own. All is on one processor, whose time is counted and not that of the clock;
//! in each round everything runs once. `lookups`, `chain` or `connections` behind `--` is that part alone.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

#[path = "forward/chain.rs"]
mod chain;
#[path = "forward/clock.rs"]
mod clock;
#[path = "forward/connections.rs"]
mod connections;
#[path = "forward/lookups.rs"]
mod lookups;
#[path = "forward/packets.rs"]
mod packets;
#[path = "forward/rounds.rs"]
mod rounds;
#[path = "forward/router.rs"]
mod router;
#[path = "forward/rules.rs"]
mod rules;
#[path = "../tests/kernel/shared.rs"]
mod shared;
#[path = "forward/wire.rs"]
mod wire;

use clock::Processor;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_asked = |part: &str| asked.is_empty() || asked.iter().any(|asked| asked == part);
    let processor = Processor::take();
    if is_asked("lookups") {
        lookups::measure(&processor);
    }
    if is_asked("chain") {
        chain::measure(&processor);
    }
    if is_asked("connections") {
        connections::measure(&processor);
    }
}
