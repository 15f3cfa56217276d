//! What the programs take for a packet, without the way to them and from them.

use crate::clock::Processor;
use crate::packets::{Kind, Run, program};
use crate::rounds::{Figures, Row};
use crate::router::{Members, Router};
use crate::shared::{LAN, index};
use rosc_ebpf::Hook;
use std::cell::RefCell;

const PACKETS: u32 = 1 << 19;
/// More connections than packets: each packet begins one.
const FLOOD: u32 = 1 << 24;
const ROUNDS: usize = 9;
const UPLINKS: u8 = 16;
/// What a packet may take, in ns.
const AIM: f64 = 100.0;
const NOTHING: &str = "a program that does nothing";

/// What is measured: the packets, and whether the router is one that has just changed.
struct Case {
    name: &'static str,
    kind: Kind,
    connections: u32,
    router: usize,
}

const STEADY: usize = 0;
const DRAINS: usize = 1;
const LOST: usize = 2;

const CASES: &[Case] = &[
    Case { name: "nothing has changed, 1 connection", kind: Kind::Tcp, connections: 1, router: STEADY },
    Case {
        name: "nothing has changed, 64k connections",
        kind: Kind::Tcp,
        connections: 1 << 16,
        router: STEADY,
    },
    Case {
        name: "nothing has changed, 1M connections",
        kind: Kind::Tcp,
        connections: 1 << 20,
        router: STEADY,
    },
    Case {
        name: "nothing has changed, all packets begin connections",
        kind: Kind::Syn,
        connections: FLOOD,
        router: STEADY,
    },
    Case { name: "all slots drain, 1 connection", kind: Kind::Tcp, connections: 1, router: DRAINS },
    Case { name: "all slots drain, 32k connections", kind: Kind::Tcp, connections: 1 << 15, router: DRAINS },
    Case { name: "all slots drain, 64k connections", kind: Kind::Tcp, connections: 1 << 16, router: DRAINS },
    Case { name: "all slots drain, 1M connections", kind: Kind::Tcp, connections: 1 << 20, router: DRAINS },
    Case {
        name: "all slots drain, all packets begin connections",
        kind: Kind::Syn,
        connections: FLOOD,
        router: DRAINS,
    },
    Case {
        name: "all members were lost, 1M connections",
        kind: Kind::Tcp,
        connections: 1 << 20,
        router: LOST,
    },
    Case {
        name: "all members were lost, all packets begin connections",
        kind: Kind::Syn,
        connections: FLOOD,
        router: LOST,
    },
];

pub(crate) fn measure(processor: &Processor) {
    let equal =
        |uplinks: std::ops::RangeInclusive<u8>| -> Members { uplinks.map(|uplink| (uplink, 1)).collect() };
    let mut empty = Router::new(1);
    empty.packets.measure_nothing();
    let mut steady = Router::new(UPLINKS);
    steady.share(&equal(1..=UPLINKS), Hook::Tc);
    let mut drains = Router::new(UPLINKS);
    drains.share_anew(UPLINKS, Hook::Tc);
    // The ones who had the slots have gone.
    let mut lost = Router::new(UPLINKS);
    lost.share(&equal(1..=8), Hook::Tc);
    lost.share(&equal(9..=UPLINKS), Hook::Tc);
    let routers: Vec<_> = [steady, drains, lost]
        .into_iter()
        .map(|mut router| {
            router.measure_own_programs();
            router.route_ipv6();
            RefCell::new(router)
        })
        .collect();
    let empty = RefCell::new(empty);
    for hook in [Hook::Tc, Hook::Xdp] {
        for family in [4, 6] {
            let base = |kind| Run { kind, family, connections: 1 << 20, mixed: true, packets: PACKETS };
            let mut rows = vec![Row::new(NOTHING, || taken(processor, &empty, hook, base(Kind::Tcp)))];
            for case in CASES {
                let router = &routers[case.router];
                let run = Run { connections: case.connections, ..base(case.kind) };
                rows.push(Row::new(case.name, move || {
                    if case.connections < FLOOD {
                        // All of them are known then, or as many as fit.
                        let packets = case.connections;
                        hand_over(router, hook, Run { mixed: false, packets, ..run });
                    }
                    taken(processor, router, hook, run)
                }));
            }
            let figures = Figures::take(ROUNDS, rows);
            print(&figures, hook, family);
        }
    }
    assert!(routers.iter().all(|router| router.borrow().has_forwarded_all()));
}

fn taken(processor: &Processor, router: &RefCell<Router>, hook: Hook, run: Run) -> f64 {
    let Router { inside, packets, .. } = &mut *router.borrow_mut();
    let time = inside.run(|| {
        let ifindex = index(LAN);
        processor.time(|| packets.hand_over(hook, ifindex, run))
    });
    time.as_secs_f64() * 1e9 / f64::from(run.packets)
}

fn hand_over(router: &RefCell<Router>, hook: Hook, run: Run) {
    let Router { inside, packets, .. } = &mut *router.borrow_mut();
    inside.run(|| packets.hand_over(hook, index(LAN), run));
}

fn print(figures: &Figures, hook: Hook, family: u8) {
    println!("\n{}, IPv{family}; ns a packet, median of {ROUNDS} rounds of {PACKETS} packets", program(hook));
    println!("  {:<56} {:>8.1}", NOTHING, figures.of(NOTHING));
    for name in figures.names().filter(|name| *name != NOTHING) {
        let beyond = figures.beyond(name, NOTHING);
        let verdict = if beyond <= AIM { "" } else { "  above" };
        println!("  {name:<56} {:>8.1}  beyond that {beyond:>8.1} (aim {AIM}){verdict}", figures.of(name));
    }
}
