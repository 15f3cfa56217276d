//! What drivers forward of what they were told.

use super::{Watch, cabled, records, until, world};
use crate::kernel::fastpath::connections::{Connections, World};
use crate::kernel::fastpath::router;
use rosc::transaction::bpf_fs;
use rosc_ebpf::{EbpfTarget, Hidden, Reason};
use rosc_route::topology::{send_with_checksums, take_frames};
use rustix::process::Signal;
use std::time::Duration;

#[test]
fn drivers_forward_to_whom_they_were_told_of_and_go_on_without_the_watch() {
    let Some(world) = world() else { return };
    let counted = |reason| world.counters().reasons[&reason].packets;
    let mut connections = Connections::default();
    connections.open(&world, 10);
    assert!(counted(Reason::Unresolved) > 0, "the driver's place knew nobody");
    let mut watch = Watch::start(world.router(), world.state_dir());
    until("all neighbours are known", || records(&world).values().all(Option::is_some));
    let before = [Reason::Unresolved, Reason::ForwardedByGroup].map(counted);
    connections.ask_all(&world, &[1, 2]);
    connections.open(&world, 30);
    let between = [Reason::Unresolved, Reason::ForwardedByGroup].map(counted);
    assert_eq!(between[0], before[0], "the driver's place left nothing to the kernel");
    assert!(between[1] >= before[1] + 40, "{before:?} {between:?}");
    // They rely on it for as long as it is kept up, and for some time beyond that.
    let left = || EbpfTarget::open(&bpf_fs(world.state_dir()))?.kept_for();
    let left = || world.router().run(left).expect("it can be read").expect("there is a fast path");
    let mut last = left();
    until("it is kept up", || std::mem::replace(&mut last, left()) < last);
    assert!(last > Duration::from_secs(20), "{last:?}");
    assert!(!watch.end(Signal::KILL).success());
    connections.ask_all(&world, &[1, 2]);
    let after = [Reason::Unresolved, Reason::ForwardedByGroup].map(counted);
    assert_eq!(after[0], between[0], "the driver's place goes on");
    assert!(after[1] >= between[1] + 40, "{between:?} {after:?}");
}

/// Translated connections are sent from drivers too, as long as it is known which devices take frames.
#[test]
fn drivers_translate_connections_and_send_them_by_devices_that_take_frames() {
    if let Some(hidden) = translating(&[1]) {
        println!("SKIPPED: programs can't look into connection tracking: {hidden:?}");
    }
}

/// With several uplinks each connection has its own, which drivers know by what they are told of its neighbour.
#[test]
fn drivers_translate_connections_and_send_them_by_the_uplinks_that_were_chosen_for_them() {
    if let Some(hidden) = translating(&[1, 2]) {
        println!("SKIPPED: programs can't look into connection tracking: {hidden:?}");
    }
}

/// Returns why this kernel can't show it, if it can't.
fn translating(uplinks: &[usize]) -> Option<Hidden> {
    const TRANSLATED: &str = "/ip firewall connection tracking set liberal-tcp-tracking=yes
/ip firewall filter add chain=forward action=fasttrack-connection
/ipv6 firewall filter add chain=forward action=fasttrack-connection
";
    let world = World::build()?;
    let target = || EbpfTarget::open(&bpf_fs(world.state_dir()))?.hides_connections();
    let hidden = world.router().run(target).expect("an answer");
    if hidden.is_some() {
        return hidden;
    }
    let wans: Vec<String> = uplinks.iter().map(|uplink| format!("wan{uplink}")).collect();
    for port in wans.iter().map(String::as_str).chain(["lan"]) {
        cabled(world.behind(port), |wire| take_frames(wire, true));
        cabled(world.behind(port), send_with_checksums);
    }
    let masquerade: String = wans
        .iter()
        .map(|wan| format!("/ip firewall nat add chain=srcnat action=masquerade out-interface={wan}\n"))
        .collect();
    world.apply(&format!(
        "{TRANSLATED}{masquerade}{}",
        router(uplinks).replace("set enabled=yes", "set enabled=yes mode=xdp")
    ));
    let counted = || {
        let counters = world.counters();
        [Reason::Unresolved, Reason::ForwardedByConnection].map(|reason| counters.reasons[&reason].packets)
    };
    let mut connections = Connections::default();
    connections.open(&world, 10);
    connections.ask_much(20);
    assert!(counted()[0] > 0, "no driver knew who takes frames");
    let mut watch = Watch::start(world.router(), world.state_dir());
    // Of what was on its way meanwhile.
    connections.ask_much(1);
    for goes_on in [true, false] {
        let before = counted();
        connections.ask_much(20);
        let after = counted();
        assert_eq!(after[0], before[0], "drivers have left something to the kernel");
        assert!(after[1] > before[1] + 20, "{before:?} {after:?}");
        if goes_on {
            assert!(!watch.end(Signal::KILL).success());
        }
    }
    let mut watch = Watch::start(world.router(), world.state_dir());
    assert!(watch.end(Signal::TERM).success(), "{}", watch.said());
    let before = counted();
    connections.ask_much(20);
    assert!(counted()[0] > before[0], "nobody keeps up any more who takes frames");
    None
}
