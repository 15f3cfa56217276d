//! Connections that are translated and meet rules: the fast path chooses their uplinks, and none moves while these come, go and
//! change.

use super::connections::{Connections, UPLINKS, World};
use super::load::{set, with_members};
use super::router;
use crate::kernel::output_of;
use crate::kernel::watch::Watch;
use rosc::trace::Numbers;
use rosc_ebpf::{BPF_FS, EbpfTarget, NextHop, Reason};
use rosc_target::{Target, TargetError};
use rustix::process::Signal;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// So many tables while connections go on, and so many configurations with other members.
const SWAPS: usize = 1_000;
const CHANGES: usize = 200;

/// What leaves is masqueraded, on every uplink, and packets meet rules that mark, that ask for marks, and that ask for connections.
pub(super) fn masquerading(uplinks: &[usize]) -> String {
    // What stands in the way of forwarding is not what is looked at here. Without a drain nothing but connection tracking keeps a
    // connection where it is.
    let mut text =
        router(uplinks).replace("enabled=yes", "enabled=auto").replace("drain-time=10m", "drain-time=0s");
    for menu in ["/ip", "/ipv6"] {
        for n in 1..=UPLINKS {
            text += &format!("{menu} firewall nat add action=masquerade chain=srcnat out-interface=wan{n}\n");
        }
        text += &format!(
            "{menu} firewall mangle\n\
             add action=mark-connection chain=prerouting in-interface=lan new-connection-mark=ours\n\
             add action=mark-packet chain=forward connection-mark=ours new-packet-mark=ours\n\
             {menu} firewall filter\n\
             add action=accept chain=forward packet-mark=ours connection-state=established,related\n\
             add action=accept chain=forward connection-state=new in-interface=lan connection-mark=ours\n\
             add action=drop chain=forward\n"
        );
    }
    text
}

/// The same without a fast path: the kernel's own hash chooses.
fn without(configuration: &str) -> String {
    let (_, rest) = configuration.split_once('\n').expect("the first line asks for it");
    rest.to_owned()
}

fn packets(world: &World, reason: Reason) -> u64 {
    world.counters().reasons[&reason].packets
}

#[test]
fn no_translated_connection_moves_while_uplinks_come_go_and_change() {
    let Some(world) = World::build() else { return };
    world.apply(&masquerading(&[1, 2]));
    let mut connections = Connections::default();
    connections.open(&world, 60);
    for uplinks in [&[1, 2, 3][..], &[1, 1, 1, 2, 3], &[1, 3], &[1, 2, 3, 4], &[4, 3, 2, 2], &[2, 3]] {
        world.apply(&masquerading(uplinks));
        connections.ask_all(&world, uplinks);
        connections.open(&world, 20);
        // Who takes care of neighbours has no part in it, and may end at any time.
        let mut watch = Watch::start(world.router(), world.state_dir());
        watch.end(Signal::KILL);
        connections.ask_all(&world, uplinks);
    }
    for group in world.counters().groups.values() {
        assert!(group.members.iter().all(|member| member.traffic.packets > 0), "{group:?}");
    }
    assert!(packets(&world, Reason::MarkedForGroup) > 1_000);
    assert_eq!(packets(&world, Reason::ForwardedByGroup), 0);
    assert_eq!(packets(&world, Reason::ForwardedByFib), 0);
}

#[test]
fn connections_that_are_older_than_the_fast_path_stay_where_they_are() {
    let Some(world) = World::build() else { return };
    let configuration = masquerading(&[1, 2, 3]);
    world.apply(&without(&configuration));
    let mut older = Connections::default();
    older.open(&world, 60);
    world.apply(&configuration);
    older.ask_all(&world, &[1, 2, 3]);
    let mut newer = Connections::beginning_at(1_000);
    newer.open(&world, 40);
    world.apply(&masquerading(&[3, 2, 1, 4, 4]));
    newer.ask_all(&world, &[1, 2, 3, 4]);
}

/// The same, but rules put connections on the short cut before others have a say.
fn fasttracking(uplinks: &[usize]) -> String {
    let rule = "add action=fasttrack-connection chain=forward connection-state=established\n";
    format!(
        "/ip firewall connection tracking set liberal-tcp-tracking=yes\n\
         /ip firewall filter {rule}/ipv6 firewall filter {rule}{}",
        masquerading(uplinks)
    )
}

#[test]
fn connections_on_the_short_cut_stay_there_and_on_their_uplinks() {
    let Some(world) = World::build() else { return };
    let hides = world.on_router(|| EbpfTarget::open(BPF_FS.as_ref())?.hides_connections());
    if let Some(hidden) = hides.expect("an answer") {
        println!("SKIPPED: programs can't look into connection tracking: {hidden:?}");
        return;
    }
    world.apply(&fasttracking(&[1, 2, 3]));
    let mut connections = Connections::default();
    connections.open(&world, 60);
    for uplinks in [&[1, 2, 3][..], &[1, 2, 3, 3, 3, 4], &[4, 3, 1], &[1, 1, 3]] {
        world.apply(&fasttracking(uplinks));
        connections.ask_all(&world, uplinks);
        let before = packets(&world, Reason::ForwardedByConnection);
        (0..3).for_each(|_| connections.ask_all(&world, uplinks));
        let short = packets(&world, Reason::ForwardedByConnection) - before;
        let sent = 2 * 3 * connections.len();
        assert!(short >= sent as u64, "{short} of {sent} packets and more took it");
    }
    assert!(connections.len() > 5, "some uplinks have been there all the time");
}

#[test]
fn sources_that_are_held_against_the_routes_pass_with_a_mark() {
    let Some(world) = World::build() else { return };
    let strict = |uplinks| format!("/ip settings set rp-filter=strict\n{}", masquerading(uplinks));
    world.apply(&strict(&[1, 2, 3]));
    let mut connections = Connections::default();
    connections.open(&world, 40);
    // What other programs set to have marks count there too.
    let of_all = "/proc/sys/net/ipv4/conf/all/src_valid_mark";
    world.on_router(|| std::fs::write(of_all, "1")).expect("a setting");
    connections.open(&world, 40);
    world.apply(&strict(&[1, 2, 3, 4]));
    connections.ask_all(&world, &[1, 2, 3, 4]);
    assert!(packets(&world, Reason::MarkedForGroup) > 300);
}

#[test]
fn parts_of_datagrams_go_where_their_connection_goes() {
    let Some(world) = World::build() else { return };
    world.apply(&masquerading(&[1, 2, 3, 4]));
    let mut uplinks = BTreeSet::new();
    for flow in 0..40 {
        let to = match flow % 2 {
            0 => format!("198.18.6.{}:443", flow + 1),
            _ => format!("[2001:2::{:x}]:443", flow + 1),
        };
        let went = world.send_alternately(flow, to.parse().expect("an address"));
        assert!(went.iter().all(|uplink| *uplink == went[0]), "{to}: {went:?}");
        uplinks.insert(went[0]);
    }
    assert_eq!(uplinks.len(), 4, "others take others");
    assert!(packets(&world, Reason::Options) > 0, "the program has not looked into those of IPv6");
}

#[test]
fn connections_begin_elsewhere_while_an_uplink_is_down() {
    let Some(world) = World::build() else { return };
    world.apply(&masquerading(&[1, 2, 3]));
    let mut before = Connections::default();
    before.open(&world, 60);
    output_of(world.behind("wan2"), "ip", &["link", "set", "wire0", "down"]);
    let mut behind = Connections::beginning_at(1_000);
    behind.open(&world, 60);
    assert_eq!(behind.count_on(2), 0);
    before.ask_all(&world, &[1, 3]);
    behind.ask_all(&world, &[1, 3]);
}

/// Asks by connections, over and over, as long as something else is done. Returns how often, too.
fn while_asking(world: &World, mut connections: Connections, act: impl FnOnce()) -> (Connections, u32) {
    struct Ends<'a>(&'a AtomicBool);
    impl Drop for Ends<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut rounds = 0;
            while !is_done.load(Ordering::SeqCst) || rounds == 0 {
                connections.ask_all(world, &[1, 2]);
                rounds += 1;
            }
            (connections, rounds)
        });
        // Whatever happens to this one, the other one ends.
        let ends = Ends(&is_done);
        act();
        drop(ends);
        asking.join().expect("no connection has moved or ended")
    })
}

#[test]
fn no_translated_connection_notices_a_thousand_tables_and_hundreds_of_members() {
    let Some(world) = World::build() else { return };
    world.apply(&masquerading(&[1, 2]));
    let mut connections = Connections::default();
    connections.open(&world, 60);
    world.apply(&masquerading(&[1, 2, 3, 4]));
    let bpf_fs = world.bpf_fs();
    // Tables alone, then whole configurations.
    let (connections, during_swaps) = while_asking(&world, connections, || {
        world
            .on_router(|| -> Result<(), TargetError> {
                let mut target = EbpfTarget::open(&bpf_fs)?;
                let all = target.observe()?.state;
                let mut numbers = Numbers::new(1);
                (0..SWAPS).try_for_each(|_| {
                    let next_hops = all.groups.values().flat_map(|group| group.members.keys());
                    let weights: BTreeMap<NextHop, u16> = next_hops
                        .map(|next_hop| {
                            (next_hop.clone(), 1 + u16::try_from(numbers.below(20)).expect("few"))
                        })
                        .collect();
                    set(&mut target, &with_members(&all, |next_hop| weights[next_hop]))
                })
            })
            .expect("the fast path can be changed");
    });
    let mut numbers = Numbers::new(2);
    let (_, during_changes) = while_asking(&world, connections, || {
        for _ in 0..CHANGES {
            // The old ones stay, others come and go, each as often as it is drawn.
            let mut uplinks = vec![1, 2];
            uplinks.extend((0..numbers.below(5)).map(|_| 1 + numbers.below(UPLINKS)));
            world.apply(&masquerading(&uplinks));
        }
    });
    println!(
        "{during_swaps} rounds of 60 connections went by during {SWAPS} tables, {during_changes} during {CHANGES} changes"
    );
}
