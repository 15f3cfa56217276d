//! What a packet of a translated connection takes from the wire over the router to the wire.

use crate::clock::Processor;
use crate::packets::{Kind, Run, program};
use crate::router::Router;
use crate::rules;
use crate::shared::{LAN, index};
use crate::wire::{self, GENERATOR_ALONE, MOST, PACKETS, Routers};
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

pub(crate) fn measure(processor: &Processor) {
    let mut routers = vec![wire::generator_alone()];
    let pcc = kernel();
    pcc.inside.run(|| rules::mark_connections(MOST));
    routers.push((PCC.to_owned(), pcc));
    let multipath = kernel();
    multipath.inside.run(rules::masquerade);
    routers.push((MULTIPATH.to_owned(), multipath));
    routers.push((CHOSEN.to_owned(), choosing(processor)));
    let mut shared = Router::new(MOST);
    shared.share(&(1..=MOST).map(|uplink| (uplink, 1)).collect(), Hook::Xdp);
    routers.push((SHARED.to_owned(), shared));
    for hook in [Hook::Tc, Hook::Xdp] {
        let mut router = kernel();
        router.inside.run(rules::masquerade);
        begin(processor, &mut router);
        router.inside.run(|| rules::answer_connections(|_| 0));
        make_room_for(hook, &mut router);
        router.take_connections(hook);
        routers.push((of_multipath(hook), router));
    }
    for hook in [Hook::Tc, Hook::Xdp] {
        let mut router = choosing(processor);
        router.inside.run(|| rules::answer_connections(rules::in_connection));
        make_room_for(hook, &mut router);
        router.choose(true, hook);
        routers.push((of_chosen(hook), router));
    }
    for (connections, packets, name) in TRAFFIC {
        let run = Run { kind: Kind::Udp, family: 4, connections, mixed: true, packets };
        print(processor, &mut routers, run, name);
    }
}

/// A router whose drivers let everything pass: frames get over a veth only where the other side has a program in the driver.
fn kernel() -> Router {
    let mut router = Router::new(MOST);
    router.inside.run(|| router.packets.pass_at(index(LAN)));
    router
}

/// One that translates connections, whose uplinks the fast path has chosen.
fn choosing(processor: &Processor) -> Router {
    let mut router = kernel();
    router.inside.run(|| {
        rules::masquerade();
        rules::follow_marks(MOST);
    });
    router.choose(false, Hook::Tc);
    begin(processor, &mut router);
    router
}

/// Has connections begin.
fn begin(processor: &Processor, router: &mut Router) {
    let run = Run { kind: Kind::Udp, family: 4, connections: 1 << 16, mixed: true, packets: 4 * PACKETS };
    wire::taken(processor, router, run);
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

fn print(processor: &Processor, routers: &mut Routers, run: Run, traffic: &str) {
    let figures = wire::figures(processor, routers, run);
    wire::print(&figures, traffic);
    let times = |of: &str, other: &str| figures.times(of, other, GENERATOR_ALONE);
    println!("  {PCC} / {SHARED}: {:.2}", times(PCC, SHARED));
    println!("  {CHOSEN} / {MULTIPATH}: {:.2}", times(CHOSEN, MULTIPATH));
    for ours in [Hook::Tc, Hook::Xdp].into_iter().flat_map(|hook| [of_multipath(hook), of_chosen(hook)]) {
        println!("  {MULTIPATH} / {ours}: {:.2}", times(MULTIPATH, &ours));
        println!("  {PCC} / {ours}: {:.2} (aim {AIM})", times(PCC, &ours));
    }
}
