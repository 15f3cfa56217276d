//! What a packet takes from the wire over the router to the wire.

use crate::clock::Processor;
use crate::packets::{Kind, Packets, Run, program};
use crate::rounds::{Figures, Row};
use crate::router::{self, GENERATOR, LAN, Router, index};
use rosc_ebpf::Hook;
use rosc_target::netns::NetNs;

const PACKETS: u32 = 1 << 17;
const ROUNDS: usize = 9;
const CONNECTIONS: [(u32, &str); 2] = [(1 << 12, "4k"), (1 << 16, "64k")];
const UPLINKS: [u8; 3] = [2, 4, 16];
/// How many times less than the kernel's multipath route a packet may take, the generator taken off.
const AIM: f64 = 9.0;
const PCC: &str = "kernel, PCC over 16 with masquerade";
const GENERATOR_ALONE: &str = "generator alone, dropped in the router's driver";

pub(crate) fn measure(processor: &Processor) {
    let mut routers = Vec::new();
    let mut router = Router::new(1);
    router.inside.run(|| router.packets.end_at(index(LAN)));
    routers.push((GENERATOR_ALONE.to_owned(), router));
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
    for uplinks in UPLINKS {
        let mut router = Router::new(uplinks);
        router.inside.run(|| {
            let others: Vec<u32> = (1..=uplinks).map(|uplink| index(&format!("wan{uplink}"))).collect();
            router.packets.redirect_at(index(LAN), &others);
        });
        routers.push((blind(uplinks), router));
    }
    let mut router = Router::new(16);
    router.inside.run(|| {
        router.packets.pass_at(index(LAN));
        router::mark_connections(16);
    });
    routers.push((PCC.to_owned(), router));
    for (connections, name) in CONNECTIONS {
        let run = Run { kind: Kind::Udp, family: 4, connections, mixed: true, packets: PACKETS };
        let rows = routers.iter_mut().map(|(name, router)| {
            let Router { outside, packets, .. } = router;
            Row::new(name.clone(), || taken(processor, outside, packets, run))
        });
        let figures = Figures::take(ROUNDS, rows.collect());
        print(&figures, name);
    }
}

fn kernel(uplinks: u8) -> String {
    format!("kernel, multipath route of {uplinks}")
}

fn ours(hook: Hook, uplinks: u8) -> String {
    format!("{}, group of {uplinks}", program(hook))
}

/// A program that looks at nothing.
fn blind(uplinks: u8) -> String {
    format!("sent on unread in the driver, {uplinks} devices")
}

fn taken(processor: &Processor, outside: &NetNs, packets: &mut Packets, run: Run) -> f64 {
    let before = packets.ended();
    let time = outside.run(|| {
        let ifindex = index(GENERATOR);
        processor.time(|| packets.send(ifindex, run))
    });
    let ended = packets.ended() - before;
    assert_eq!(ended, u64::from(run.packets), "all of them get through");
    time.as_secs_f64() * 1e9 / f64::from(run.packets)
}

fn print(figures: &Figures, connections: &str) {
    println!(
        "\nfrom wire to wire, {connections} connections, UDP over IPv4, 60 bytes; ns a packet, median of {ROUNDS} \
         rounds of {PACKETS} packets"
    );
    for name in figures.names() {
        let beyond = figures.beyond(name, GENERATOR_ALONE);
        println!("  {name:<52} {:>8.0}  without the generator {beyond:>8.0}", figures.of(name));
    }
    println!("  So many times as much takes the kernel's multipath route, without the generator:");
    for uplinks in UPLINKS {
        for other in [ours(Hook::Tc, uplinks), ours(Hook::Xdp, uplinks), blind(uplinks)] {
            let times = figures.times(&kernel(uplinks), &other, GENERATOR_ALONE);
            let aim = if other == ours(Hook::Xdp, 16) { format!(" (aim {AIM})") } else { String::new() };
            println!("  {other:<52} {times:>8.2}{aim}");
        }
    }
    let times = figures.times(PCC, &ours(Hook::Xdp, 16), GENERATOR_ALONE);
    println!("  and that with PCC takes {times:.2} times as much as {}", ours(Hook::Xdp, 16));
}
