//! Changes in a row while connections go on: none of them notices.

use super::connections::{Connections, World};
use super::router;
use rosc::trace::Numbers;
use rosc_ebpf::{EbpfTarget, NextHop, State, Weight};
use rosc_target::{Target, TargetError};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// So many changes of weights, and so many of members.
const SWAPS: usize = 1_000;
const MEMBERS: usize = 200;

/// Each group with other members.
pub(super) fn with_members(state: &State, members: impl Fn(&NextHop) -> u16) -> State {
    let mut state = state.clone();
    for group in state.groups.values_mut() {
        group.members.retain(|next_hop, member| {
            let weight = Weight::new(members(next_hop));
            member.weight = weight.unwrap_or(Weight::MIN);
            weight.is_some()
        });
    }
    state
}

pub(super) fn set(target: &mut EbpfTarget, state: &State) -> Result<(), TargetError> {
    let observed = target.observe()?;
    target.apply(&EbpfTarget::diff(state, &observed).changes)
}

#[test]
fn no_connection_notices_a_thousand_tables_and_hundreds_of_members() {
    let Some(world) = World::build() else { return };
    world.apply(&router(&[1, 2]));
    let mut connections = Connections::default();
    connections.open(&world, 100);
    world.apply(&router(&[1, 2, 3, 4]));
    let bpf_fs = world.bpf_fs();
    let done = AtomicBool::new(false);
    let rounds = thread::scope(|scope| {
        let (world, done) = (&world, &done);
        let asking = scope.spawn(move || {
            let mut rounds = 0;
            while !done.load(Ordering::SeqCst) || rounds == 0 {
                connections.ask_all(world, &[1, 2]);
                rounds += 1;
            }
            rounds
        });
        // Whatever happens to this one, the other one ends.
        let changed = world.on_router(|| -> Result<(), TargetError> {
            let mut target = EbpfTarget::open(&bpf_fs)?;
            let all = target.observe()?.state;
            let mut numbers = Numbers::new(1);
            let mut changed = |count, stays: fn(&NextHop) -> bool, most| {
                (0..count).try_for_each(|_| {
                    let weights: BTreeMap<NextHop, u16> = all
                        .groups
                        .values()
                        .flat_map(|group| group.members.keys())
                        .map(|next_hop| (next_hop.clone(), u16::try_from(numbers.below(most)).expect("few")))
                        .collect();
                    let weight = |next_hop: &NextHop| weights[next_hop] + u16::from(stays(next_hop));
                    set(&mut target, &with_members(&all, weight))
                })
            };
            let is_old = |next_hop: &NextHop| matches!(next_hop.device.as_str(), "wan1" | "wan2");
            let everybody = |_: &NextHop| true;
            changed(MEMBERS, is_old, 3)?;
            changed(SWAPS, everybody, 20)
        });
        done.store(true, Ordering::SeqCst);
        changed.expect("the fast path can be changed");
        asking.join().expect("no connection has moved or ended")
    });
    println!("{} changes, during which {rounds} rounds of 100 connections went by", SWAPS + MEMBERS);
    let counters = world.counters();
    let known: usize = counters.groups.values().map(|group| group.drain.connections).sum();
    assert!(known > 0, "some connections are off the table's way: {counters:?}");
}
