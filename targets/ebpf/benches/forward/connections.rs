//! What a packet of a masqueraded connection takes from the wire over the router to the wire.
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
const UPLINKS: [u8; 3] = [2, 4, MOST];
/// So often are packets sent that connections begin with.
const TRIES: usize = 5;
/// How many times less than PCC with masquerade over the most uplinks a packet may take, the generator taken off.
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
    for uplinks in UPLINKS {
        let router = kernel(uplinks);
        router.inside.run(|| rules::mark_connections(uplinks));
        add(&pcc(uplinks), router, Connections::Begun);
        add(&multipath(uplinks), translating(uplinks), Connections::Begun);
        add(&chosen(uplinks), choosing(uplinks), Connections::Begun);
        let mut shared = Router::new(uplinks);
        shared.share(&(1..=uplinks).map(|uplink| (uplink, 1)).collect(), Hook::Xdp);
        add(&group(uplinks), shared, Connections::None);
        for hook in [Hook::Tc, Hook::Xdp] {
            let mut router = translating(uplinks);
            let answered = answered(processor, &mut router, |_| 0);
            make_room_for(hook, &mut router);
            router.take_connections(hook);
            add(&of_multipath(hook, uplinks), router, answered);
        }
        for hook in [Hook::Tc, Hook::Xdp] {
            let mut router = choosing(uplinks);
            let answered = answered(processor, &mut router, rules::in_connection);
            make_room_for(hook, &mut router);
            router.choose(true, hook);
            add(&of_chosen(hook, uplinks), router, answered);
        }
    }
    for traffic in 0..TRAFFIC.len() {
        print(processor, &mut all, traffic);
    }
}

/// A router whose drivers let everything pass: frames get over a veth only where the other side has a program in the driver.
fn kernel(uplinks: u8) -> Router {
    let mut router = Router::new(uplinks);
    router.inside.run(|| router.packets.pass_at(index(LAN)));
    router
}

/// One that translates connections.
fn translating(uplinks: u8) -> Router {
    let router = kernel(uplinks);
    router.inside.run(rules::masquerade);
    router
}

/// One that translates connections, whose uplinks the fast path chooses.
fn choosing(uplinks: u8) -> Router {
    let mut router = translating(uplinks);
    router.inside.run(|| rules::follow_marks(uplinks));
    router.choose(false, Hook::Tc);
    router
}

fn run(traffic: usize) -> Run {
    let (connections, packets, _) = TRAFFIC[traffic];
    Run { kind: Kind::Udp, family: 4, connections, mixed: true, packets }
}

/// Has all connections of a traffic begin.
///
/// A first packet takes so long that cables lose some behind it. These come again.
fn begin(processor: &Processor, router: &mut Router, traffic: usize) {
    let run = Run { packets: PACKETS, ..run(traffic) };
    for _ in 0..TRIES {
        wire::sent(processor, router, run);
        if router.inside.run(rules::connections) == run.connections {
            return;
        }
    }
    panic!("not all of {} connections have begun", run.connections);
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

fn pcc(uplinks: u8) -> String {
    format!("kernel, PCC over {uplinks}")
}

fn multipath(uplinks: u8) -> String {
    format!("kernel, multipath route of {uplinks}")
}

/// The kernel, with uplinks that were chosen.
fn chosen(uplinks: u8) -> String {
    format!("kernel, one of {uplinks} chosen by forward_tc")
}

/// What translates nothing.
fn group(uplinks: u8) -> String {
    format!("forward_xdp, group of {uplinks}")
}

/// Connections of the kernel's multipath route.
fn of_multipath(hook: Hook, uplinks: u8) -> String {
    format!("{}, connections, multipath route of {uplinks}", program(hook))
}

/// Connections whose uplinks were chosen.
fn of_chosen(hook: Hook, uplinks: u8) -> String {
    format!("{}, connections, one of {uplinks} chosen", program(hook))
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
    println!("  So many times as much take PCC and the multipath route, without the generator:");
    for uplinks in UPLINKS {
        let of_hook = |hook| [of_multipath(hook, uplinks), of_chosen(hook, uplinks)];
        let rows = [chosen(uplinks), group(uplinks)];
        for ours in rows.into_iter().chain([Hook::Tc, Hook::Xdp].into_iter().flat_map(of_hook)) {
            let [pcc, multipath] =
                [pcc(uplinks), multipath(uplinks)].map(|other| figures.times(&other, &ours, GENERATOR_ALONE));
            println!("  {ours:<52} {pcc:>8.2} {multipath:>8.2} (aim {AIM} with {MOST} uplinks)");
        }
    }
}
