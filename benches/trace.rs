//! How fast packets are traced, beside what the kernel takes to do with the same ones what the traces say, one at a time
//! through devices whose other end is this process: `cargo bench --bench trace`.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

#[path = "side_by_side/rounds.rs"]
mod rounds;

use rosc::compile::{Options, compile};
use rosc::ir::nexthop::Surroundings;
use rosc::lab::verify::{Bench, Pool};
use rosc::lower::Classifiers;
use rosc::source::Sources;
use rosc::trace::{Arrival, Detailed, Hints, Numbers, Ranges, State, Tracer};
use rounds::{Aim, compare, timed};
use std::hint::black_box;
use std::path::Path;

const PACKETS: u32 = 100_000;
const ROUNDS: usize = 3;
const TRACED: &str = "100,000 packets traced";
const SENT: &str = "100,000 packets sent";
const AIMS: &[Aim] = &[Aim { ours: TRACED, peer: SENT, at_most: 1.0 }];

fn main() {
    let mut sources = Sources::default();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pcc-two-wan.rsc");
    sources.read(&example).expect("an example is readable");
    let router = compile(&sources, Options::default()).router;
    let classifiers = Classifiers::of(&router);
    let classify = classifiers.classify();
    let tracer = Tracer::new(&router, &Surroundings::default(), Detailed::Matched);
    let mut bench = Bench::build(&router).expect("the right to make a network namespace");
    let pool = Pool::of(&router, |interface| bench.has_wire(interface));
    let mut numbers = Numbers::new(1);
    let packets: Vec<Arrival> = (0..PACKETS).map(|_| pool.packet(&mut numbers)).collect();
    compare("pcc-two-wan", ROUNDS, AIMS, None, || {
        let (ways, traced) = timed(|| {
            let mut state = State::default();
            let hints = Hints { classify: &classify, ranges: Ranges::First };
            let mut count = 0;
            for packet in &packets {
                let ways = tracer.ways(&state, packet, hints);
                state.keep(&ways[0].effect);
                count += black_box(ways).len();
            }
            count
        });
        let ((), sent) = timed(|| {
            for (packet, number) in packets.iter().zip(0..) {
                black_box(bench.send(packet, number).expect("it can be sent"));
            }
        });
        println!("  {ways} ways, {:.0} packets traced a second", f64::from(PACKETS) / traced.as_secs_f64());
        vec![(TRACED, traced), (SENT, sent)]
    });
}
