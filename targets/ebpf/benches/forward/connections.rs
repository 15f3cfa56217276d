//! What a packet of a translated connection takes from the wire over the router to the wire.
//!
//! All namespaces share the kernel's one table of connections, and who looks one up walks over what others have in its place (seven
//! routers with 65,536 connections each made that half as slow again). So a router has its connections only for the time of its run.

use crate::clock::Processor;
use crate::packets::{Kind, Run, program};
use crate::rounds::{Figures, Row};
use crate::router::Router;
use crate::rules;
use crate::shared::{LAN, index};
use crate::wire::{self, GENERATOR_ALONE, MOST, PACKETS, ROUNDS};
use rosc_ebpf::Hook;

/// Each connection sends several packets, as what is remembered of one is asked for anew in each second.
const TRAFFIC: [(u32, u32, &str); 2] =
    [(1 << 12, PACKETS, "UDP, 4k connections"), (1 << 16, 8 * PACKETS, "UDP, 64k connections")];
const PCC: &str = "kernel, PCC over 16 with masquerade";
const MULTIPATH: &str = "kernel, multipath route of 16 with masquerade";
const CHOSEN: &str = "the same, uplinks chosen by forward_tc";
const SHARED: &str = "forward_xdp, group of 16";
/// How many times less than PCC with masquerade a packet may take, the generator taken off.
const AIM: f64 = 6.0;

/// What is measured of a router.
struct Measured {
    name: String,
    router: Router,
    connections: Connections,
}

/// The connections that a router has when a run begins.
#[derive(Debug)]
enum Connections {
    /// It tracks none.
    None,
    /// Those that its stack has begun.
    Begun,
    /// Those of each traffic that are restored as answered ones on the short cut.
    Answered([String; TRAFFIC.len()]),
}

pub(crate) fn measure(processor: &Processor) {
    let (name, router) = wire::generator_alone();
    let mut all = vec![Measured { name, router, connections: Connections::None }];
    let mut add = |name: &str, router, connections| {
        all.push(Measured { name: name.to_owned(), router, connections });
    };
    let pcc = kernel();
    pcc.inside.run(|| rules::mark_connections(MOST));
    add(PCC, pcc, Connections::Begun);
    add(MULTIPATH, translating(), Connections::Begun);
    add(CHOSEN, choosing(), Connections::Begun);
    let mut shared = Router::new(MOST);
    shared.share(&(1..=MOST).map(|uplink| (uplink, 1)).collect(), Hook::Xdp);
    add(SHARED, shared, Connections::None);
    for hook in [Hook::Tc, Hook::Xdp] {
        let mut router = translating();
        let answered = answered(processor, &mut router, |_| 0);
        make_room_for(hook, &mut router);
        router.take_connections(hook);
        add(&of_multipath(hook), router, answered);
    }
    for hook in [Hook::Tc, Hook::Xdp] {
        let mut router = choosing();
        let answered = answered(processor, &mut router, rules::in_connection);
        make_room_for(hook, &mut router);
        router.choose(true, hook);
        add(&of_chosen(hook), router, answered);
    }
    for traffic in 0..TRAFFIC.len() {
        print(processor, &mut all, traffic);
    }
}

/// A router whose drivers let everything pass: frames get over a veth only where the other side has a program in the driver.
fn kernel() -> Router {
    let mut router = Router::new(MOST);
    router.inside.run(|| router.packets.pass_at(index(LAN)));
    router
}

/// One that translates connections.
fn translating() -> Router {
    let router = kernel();
    router.inside.run(rules::masquerade);
    router
}

/// One that translates connections, whose uplinks the fast path chooses.
fn choosing() -> Router {
    let mut router = translating();
    router.inside.run(|| rules::follow_marks(MOST));
    router.choose(false, Hook::Tc);
    router
}

fn run(traffic: usize) -> Run {
    let (connections, packets, _) = TRAFFIC[traffic];
    Run { kind: Kind::Udp, family: 4, connections, mixed: true, packets }
}

/// Has all connections of a traffic begin.
fn begin(processor: &Processor, router: &mut Router, traffic: usize) {
    let run = run(traffic);
    wire::taken(processor, router, Run { packets: PACKETS, ..run });
}

/// The connections that begin over a router, as answered ones with these other bits of a mark by the uplink that they leave by.
fn answered(processor: &Processor, router: &mut Router, others: fn(u8) -> u32) -> Connections {
    Connections::Answered(std::array::from_fn(|traffic| {
        begin(processor, router, traffic);
        router.inside.run(|| {
            let answered = rules::answered_connections(others);
            rules::forget_connections();
            answered
        })
    }))
}

/// Takes the program that lets everything pass off, where another one is to be in its place.
fn make_room_for(hook: Hook, router: &mut Router) {
    if hook == Hook::Xdp {
        router.packets.pass_no_more();
    }
}

/// Connections of the kernel's multipath route.
fn of_multipath(hook: Hook) -> String {
    format!("{}, connections of the multipath route", program(hook))
}

/// Connections whose uplinks were chosen.
fn of_chosen(hook: Hook) -> String {
    format!("{}, connections with chosen uplinks", program(hook))
}

impl Measured {
    /// What a packet of a run takes in ns, with nobody else's connections in the kernel's table.
    fn taken(&mut self, processor: &Processor, traffic: usize) -> f64 {
        let Self { router, connections, .. } = self;
        match connections {
            Connections::None => return wire::taken(processor, router, run(traffic)),
            Connections::Begun => begin(processor, router, traffic),
            Connections::Answered(answered) => {
                router.inside.run(|| rules::restore_connections(&answered[traffic]));
            }
        }
        let taken = wire::taken(processor, router, run(traffic));
        router.inside.run(rules::forget_connections);
        taken
    }
}

fn print(processor: &Processor, all: &mut [Measured], traffic: usize) {
    let rows = all
        .iter_mut()
        .map(|measured| Row::new(measured.name.clone(), move || measured.taken(processor, traffic)));
    let figures = Figures::take(ROUNDS, rows.collect());
    wire::print(&figures, TRAFFIC[traffic].2);
    let times = |of: &str, other: &str| figures.times(of, other, GENERATOR_ALONE);
    println!("  {PCC} / {SHARED}: {:.2}", times(PCC, SHARED));
    println!("  {PCC} / {CHOSEN}: {:.2}", times(PCC, CHOSEN));
    println!("  {CHOSEN} / {MULTIPATH}: {:.2}", times(CHOSEN, MULTIPATH));
    for ours in [Hook::Tc, Hook::Xdp].into_iter().flat_map(|hook| [of_multipath(hook), of_chosen(hook)]) {
        println!("  {MULTIPATH} / {ours}: {:.2}", times(MULTIPATH, &ours));
        println!("  {PCC} / {ours}: {:.2} (aim {AIM})", times(PCC, &ours));
    }
}
