//! What a packet takes from the wire over the router to the wire.

use crate::clock::Processor;
use crate::packets::{Kind, Packets, Run, program};
use crate::rounds::{Figures, Row};
use crate::router::{self, GENERATOR, Router};
use crate::shared::{LAN, index};
use rosc_ebpf::Hook;
use rosc_target::netns::NetNs;

const PACKETS: u32 = 1 << 17;
const ROUNDS: usize = 9;
/// Datagrams of known connections, and first packets of new ones.
/// Each connection sends several packets, as what is remembered of one is asked for anew in each second.
const TRAFFIC: [(Kind, u32, u32, &str); 3] = [
    (Kind::Udp, 1 << 12, PACKETS, "UDP, 4k connections"),
    (Kind::Udp, 1 << 16, 8 * PACKETS, "UDP, 64k connections"),
    (Kind::Syn, 1 << 24, PACKETS, "TCP, each packet begins a connection"),
];
const UPLINKS: [u8; 3] = [2, 4, MOST];
const MOST: u8 = 16;
/// How many times less than the kernel's multipath route a packet may take, the generator taken off.
const AIM: f64 = 9.0;
const PCC: &str = "kernel, PCC over 16 with masquerade";
const MASQUERADE: &str = "kernel, multipath route of 16 with masquerade";
/// How many times less than PCC with masquerade a packet of a translated connection may take.
const AIM_OF_CONNECTIONS: f64 = 6.0;
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
    let mut router = Router::new(MOST);
    router.inside.run(|| {
        router.packets.pass_at(index(LAN));
        router::mark_connections(MOST);
    });
    routers.push((PCC.to_owned(), router));
    let mut router = Router::new(MOST);
    router.inside.run(|| {
        router.packets.pass_at(index(LAN));
        router::masquerade();
    });
    routers.push((MASQUERADE.to_owned(), router));
    for hook in [Hook::Tc, Hook::Xdp] {
        let mut router = Router::new(MOST);
        let passing = router.inside.run(|| {
            router::masquerade();
            router.packets.pass_at(index(LAN))
        });
        let run = Run { kind: Kind::Udp, family: 4, connections: 1 << 16, mixed: true, packets: 4 * PACKETS };
        taken(processor, &router.outside, &mut router.packets, run);
        router.inside.run(router::answer_connections);
        if hook == Hook::Xdp {
            router.inside.run(|| router.packets.pass_no_more(passing));
        }
        router.take_connections(hook);
        routers.push((translated(hook), router));
    }
    let tracking = [PCC, MASQUERADE, &translated(Hook::Tc), &translated(Hook::Xdp)];
    for (kind, connections, packets, name) in TRAFFIC {
        let run = Run { kind, family: 4, connections, mixed: true, packets };
        // The kernel has no room for so many connections as a flood begins.
        let may = |router: &str| kind != Kind::Syn || !tracking.contains(&router);
        let rows = routers.iter_mut().filter(|(name, _)| may(name)).map(|(name, router)| {
            let Router { outside, packets, .. } = router;
            Row::new(name.clone(), || taken(processor, outside, packets, run))
        });
        print(&Figures::take(ROUNDS, rows.collect()), name);
    }
    for (name, router) in routers.iter().filter(|(name, _)| name.starts_with("forward_")) {
        assert!(
            router.has_forwarded_all() || tracking.contains(&name.as_str()),
            "{name}: the kernel has a route for what is left to it"
        );
    }
}

/// Connections of the kernel's multipath route with masquerade.
fn translated(hook: Hook) -> String {
    format!("{}, connections of that", program(hook))
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

fn print(figures: &Figures, traffic: &str) {
    println!(
        "\nfrom wire to wire, {traffic}, IPv4, 60 bytes; ns a packet, median of {ROUNDS} rounds of {PACKETS} \
         packets"
    );
    for name in figures.names() {
        let beyond = figures.beyond(name, GENERATOR_ALONE);
        println!("  {name:<52} {:>8.0}  without the generator {beyond:>8.0}", figures.of(name));
    }
    println!("  So many times as much takes the kernel's multipath route, without the generator:");
    let all = UPLINKS.into_iter().flat_map(|uplinks| {
        [ours(Hook::Tc, uplinks), ours(Hook::Xdp, uplinks), blind(uplinks)].map(|other| (uplinks, other))
    });
    for (uplinks, other) in all.chain([Hook::Tc, Hook::Xdp].map(|hook| (MOST, draining(hook)))) {
        let times = figures.times(&kernel(uplinks), &other, GENERATOR_ALONE);
        let aim = if other == ours(Hook::Xdp, MOST) { AIM } else { 1.0 };
        println!("  {other:<52} {times:>8.2} (aim {aim})");
    }
    if figures.names().any(|name| name == PCC) {
        let ours = ours(Hook::Xdp, MOST);
        println!("  {PCC} / {ours}: {:.2}", figures.times(PCC, &ours, GENERATOR_ALONE));
        for (kernel, ours) in [PCC, MASQUERADE]
            .into_iter()
            .flat_map(|kernel| [Hook::Tc, Hook::Xdp].map(|hook| (kernel, translated(hook))))
        {
            let times = figures.times(kernel, &ours, GENERATOR_ALONE);
            println!("  {kernel} / {ours}: {times:.2} (aim {AIM_OF_CONNECTIONS})");
        }
    }
}
