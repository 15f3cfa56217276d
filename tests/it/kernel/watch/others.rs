//! Routes, addresses and rules of others that come while a fast path is there.

use super::{Watch, in_drivers, records, until, world};
use crate::kernel::fastpath::connections::World;
use crate::kernel::fastpath::foreign::uplinks;
use crate::kernel::output_of;
use rosc::transaction::bpf_fs;
use rosc_ebpf::{By, EbpfTarget, Reason};
use rosc_target::Target;
use rustix::process::Signal;

fn ip(world: &World, args: &str) {
    output_of(world.router(), "ip", &args.split(' ').collect::<Vec<_>>());
}

/// Who decides about a prefix, if anybody does about just that.
fn way(world: &World, prefix: &str) -> Option<By> {
    let read = || EbpfTarget::open(&bpf_fs(world.state_dir()))?.observe();
    let observed = world.router().run(read).expect("it can be read");
    observed.state.ways.get(&prefix.parse().expect("a prefix")).map(|way| way.by.clone())
}

#[test]
fn packets_go_as_others_say_as_soon_as_they_do() {
    let Some(world) = world() else { return };
    let mut watch = Watch::start(world.router(), world.state_dir());
    until("all neighbours are known", || records(&world).values().all(Option::is_some));
    let is_aside = |prefix: &str| way(&world, prefix) == Some(By::Stack);
    let is_shared = |prefix: &str| matches!(way(&world, prefix), Some(By::Group(_)));
    // By a gateway that no route of ours has.
    ip(&world, "route add 198.18.9.0/24 via 172.16.3.254");
    until("a longer route counts", || is_aside("198.18.9.0/24"));
    assert!(
        watch.said().contains("about packets to 198.18.9.0/24: these go by the kernel"),
        "{}",
        watch.said()
    );
    assert_eq!(uplinks(&world, 0, "198.18.9"), [3].into());
    assert_eq!(uplinks(&world, 100, "198.18.8"), [1, 2].into());
    ip(&world, "-6 route add 2001:2::80/121 via 2001:db8:3::fe");
    until("one of the other family counts", || is_aside("2001:2::80/121"));
    ip(&world, "address add 198.18.7.7/32 dev lo");
    until("an own address counts", || is_aside("198.18.7.7/32"));
    // The same destination, and the lower metric.
    ip(&world, "route add default via 172.16.3.254 metric 0");
    until("a better route counts", || is_aside("0.0.0.0/0"));
    assert_eq!(uplinks(&world, 200, "198.18.6"), [3].into());
    assert!(is_shared("::/0"));
    ip(&world, "route delete default via 172.16.3.254 metric 0");
    until("it has gone", || is_shared("0.0.0.0/0"));
    assert_eq!(uplinks(&world, 300, "198.18.6"), [1, 2].into());
    // A rule that asks another table.
    ip(&world, "route add default via 172.16.4.254 table 77");
    ip(&world, "rule add from 192.168.88.0/24 lookup 77 preference 9001");
    until("a rule counts", || is_aside("0.0.0.0/0"));
    assert_eq!(uplinks(&world, 400, "198.18.5"), [4].into());
    ip(&world, "rule delete preference 9001");
    until("it has gone", || is_shared("0.0.0.0/0"));
    // An apply knows better.
    assert_eq!(world.apply_beside_others(&in_drivers(&[1, 2])), []);
    assert_eq!(way(&world, "198.18.9.0/24"), Some(By::Fib));
    until("nothing else is left", || watch.said().contains("nobody else decides"));
    assert_eq!(way(&world, "198.18.9.0/24"), Some(By::Fib));
    assert_eq!(uplinks(&world, 500, "198.18.9"), [3].into());
    let before = world.counters().reasons[&Reason::ForwardedByGroup].packets;
    assert_eq!(uplinks(&world, 600, "198.18.5"), [1, 2].into());
    assert!(
        world.counters().reasons[&Reason::ForwardedByGroup].packets >= before + 90,
        "the others are shared"
    );
    // What is aside stays so without the watch.
    ip(&world, "route add 198.18.4.0/24 via 172.16.3.254");
    until("another route counts", || is_aside("198.18.4.0/24"));
    assert!(watch.end(Signal::TERM).success(), "{}", watch.said());
    assert_eq!(uplinks(&world, 700, "198.18.4"), [3].into());
}

#[test]
fn what_others_have_done_before_the_watch_counts_too() {
    let Some(world) = world() else { return };
    ip(&world, "route add 198.18.9.0/24 via 172.16.3.254");
    assert_eq!(uplinks(&world, 0, "198.18.9"), [1, 2].into(), "nobody has told the programs");
    let _watch = Watch::start(world.router(), world.state_dir());
    assert_eq!(uplinks(&world, 100, "198.18.9"), [3].into());
}

#[test]
fn a_run_is_not_disturbed() {
    let Some(world) = world() else { return };
    let watch = Watch::start(world.router(), world.state_dir());
    let lock = std::fs::File::open(world.state_dir().join("lock")).expect("an apply has made it");
    lock.lock().expect("nobody is at work");
    ip(&world, "route add 198.18.9.0/24 via 172.16.3.254");
    watch.until_told("WATCHDOG=1");
    watch.until_told("WATCHDOG=1");
    assert_eq!(way(&world, "198.18.9.0/24"), None);
    drop(lock);
    until("it has ended", || way(&world, "198.18.9.0/24") == Some(By::Stack));
}
