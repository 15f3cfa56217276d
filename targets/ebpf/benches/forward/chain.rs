//! What a packet takes from the wire over the router to the wire.

use crate::clock::Processor;
use crate::packets::{Kind, Run, program};
use crate::rounds::Figures;
use crate::router::Router;
use crate::shared::{LAN, index};
use crate::wire::{self, GENERATOR_ALONE, MOST, PACKETS};
use rosc_ebpf::Hook;

/// Datagrams of known connections, and first packets of new ones.
const TRAFFIC: [(Kind, u32, u32, &str); 3] = [
    (Kind::Udp, 1 << 12, PACKETS, "UDP, 4k connections"),
    (Kind::Udp, 1 << 16, PACKETS, "UDP, 64k connections"),
    (Kind::Syn, 1 << 24, PACKETS, "TCP, each packet begins a connection"),
];
const UPLINKS: [u8; 3] = [2, 4, MOST];
/// How many times less than the kernel's multipath route a packet may take, the generator taken off.
const AIM: f64 = 9.0;

pub(crate) fn measure(processor: &Processor) {
    let mut routers = vec![wire::generator_alone()];
    let mut router = Router::new(1);
    router.inside.run(|| {
        router.packets.pass_at(index(LAN));
        router.packets.end_behind(LAN);
    });
    routers.push(("generator and a buffer, dropped at traffic control".to_owned(), router));
    for uplinks in UPLINKS {
        let mut router = Router::new(uplinks);
        // Frames get over a veth only where the other side has a program in the driver, or GRO.
        router.inside.run(|| router.packets.pass_at(index(LAN)));
        routers.push((kernel(uplinks), router));
    }
    for hook in [Hook::Tc, Hook::Xdp] {
        for uplinks in UPLINKS {
            let mut router = Router::new(uplinks);
            router.share(&(1..=uplinks).map(|uplink| (uplink, 1)).collect(), hook);
            if hook == Hook::Tc {
                router.inside.run(|| router.packets.pass_at(index(LAN)));
            }
            routers.push((ours(hook, uplinks), router));
        }
    }
    for hook in [Hook::Tc, Hook::Xdp] {
        let mut router = Router::new(MOST);
        router.share_anew(MOST, hook);
        if hook == Hook::Tc {
            router.inside.run(|| router.packets.pass_at(index(LAN)));
        }
        routers.push((draining(hook), router));
    }
    for uplinks in UPLINKS {
        let mut router = Router::new(uplinks);
        router.inside.run(|| {
            let others: Vec<u32> = (1..=uplinks).map(|uplink| index(&format!("wan{uplink}"))).collect();
            router.packets.redirect_at(index(LAN), &others);
        });
        routers.push((blind(uplinks), router));
    }
    for (kind, connections, packets, name) in TRAFFIC {
        let run = Run { kind, family: 4, connections, mixed: true, packets };
        print(&wire::figures(processor, &mut routers, run), name);
    }
    for (name, router) in routers.iter().filter(|(name, _)| name.starts_with("forward_")) {
        assert!(router.has_forwarded_all(), "{name}: the kernel has a route for what is left to it");
    }
}

fn kernel(uplinks: u8) -> String {
    format!("kernel, multipath route of {uplinks}")
}

fn ours(hook: Hook, uplinks: u8) -> String {
    format!("{}, group of {uplinks}", program(hook))
}

/// All connections have to be known one by one.
fn draining(hook: Hook) -> String {
    format!("{}, group of {MOST}, all slots drain", program(hook))
}

/// A program that looks at nothing.
fn blind(uplinks: u8) -> String {
    format!("sent on unread in the driver, {uplinks} devices")
}

fn print(figures: &Figures, traffic: &str) {
    wire::print(figures, traffic);
    println!("  So many times as much takes the kernel's multipath route, without the generator:");
    let all = UPLINKS.into_iter().flat_map(|uplinks| {
        [ours(Hook::Tc, uplinks), ours(Hook::Xdp, uplinks), blind(uplinks)].map(|other| (uplinks, other))
    });
    for (uplinks, other) in all.chain([Hook::Tc, Hook::Xdp].map(|hook| (MOST, draining(hook)))) {
        let times = figures.times(&kernel(uplinks), &other, GENERATOR_ALONE);
        let aim = if other == ours(Hook::Xdp, MOST) { AIM } else { 1.0 };
        println!("  {other:<52} {times:>8.2} (aim {aim})");
    }
}
