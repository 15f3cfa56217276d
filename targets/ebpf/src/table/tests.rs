use super::*;
use crate::NextHop;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::collections::BTreeMap;

mod flows;

/// Members by number, with weights: what a group has at a time.
type Members = BTreeMap<u8, u16>;

fn next_hop(id: u8) -> NextHop {
    NextHop {
        device: format!("wan{id}").parse().expect("a device name"),
        gateway: Some([192, 0, 2, id].into()),
    }
}

/// Calls back with the members as a table wants them.
fn with<T>(members: &Members, act: impl FnOnce(&[Share<'_>]) -> T) -> T {
    let next_hops: Vec<NextHop> = members.keys().map(|id| next_hop(*id)).collect();
    let shares = members.iter().zip(&next_hops).map(|((id, weight), next_hop)| Share {
        id: MemberId::new(*id).expect("a small number"),
        next_hop,
        weight: *weight,
    });
    act(&shares.collect::<Vec<_>>())
}

fn new(members: &Members) -> Table {
    with(members, |members| Table::new(Slots::Small, members))
}

fn change(table: &Table, members: &Members, drain: Drain) -> Table {
    with(members, |members| table.change(members, drain, |_| false))
}

fn equal(ids: impl IntoIterator<Item = u8>) -> Members {
    ids.into_iter().map(|id| (id, 1)).collect()
}

fn moved(old: &Table, new: &Table) -> usize {
    old.slots.iter().zip(&new.slots).filter(|(old, new)| old.now() != new.now()).count()
}

/// By how many slots members are short of their new shares: so many have to move at least.
fn short(old: &Table, new: &Table, members: &Members) -> usize {
    let id = |number: &u8| MemberId::new(*number).expect("a small number");
    members.keys().map(|number| new.share(id(number)).saturating_sub(old.share(id(number)))).sum()
}

#[test]
fn shares_follow_weights_to_within_one_slot() {
    for count in 1..=64 {
        for weight_of in [|_| 1_u16, |id: u8| u16::from(id) + 1, |id: u8| 1 + 999 * u16::from(id % 2)] {
            let members: Members = (0..count).map(|id| (id, weight_of(id))).collect();
            let table = with(&members, |members| Table::new(Slots::Large, members));
            let total: f64 = members.values().map(|weight| f64::from(*weight)).sum();
            for (id, weight) in &members {
                let share = table.share(MemberId::new(*id).expect("a small number")) as f64;
                let wanted = f64::from(*weight) / total * f64::from(Slots::Large.count());
                assert!((share - wanted).abs() <= 1.0, "{count} members, {id}: {share} of {wanted}");
            }
        }
    }
}

#[test]
fn without_members_nobody_gets_anything() {
    assert_eq!(new(&Members::new()), Table::empty(Slots::Small));
    let emptied = change(&new(&equal(0..3)), &Members::new(), Drain::Over);
    assert!(emptied.slots.iter().all(|slot| slot.now().is_none() && slot.before().is_none()));
}

#[test]
fn who_goes_leaves_what_others_have_alone() {
    let old = new(&equal(0..4));
    let new = change(&old, &equal(1..4), Drain::Over);
    for (before, after) in old.slots.iter().zip(&new.slots) {
        if before.now() != MemberId::new(0) {
            assert_eq!(before.now(), after.now());
        }
        // Who has lost its member goes where new ones go: nobody has to be looked up.
        assert!(!after.is_changed());
    }
    // But for those that may be elsewhere already.
    let both = change(&new, &equal(1..5), Drain::Over);
    let without = change(&both, &equal(1..4), Drain::Going);
    for (before, after) in both.slots.iter().zip(&without.slots) {
        assert_eq!(after.is_changed(), before.is_changed());
    }
}

#[test]
fn a_slot_remembers_who_had_it_while_there_is_somebody_to_remember() {
    let both = new(&equal(0..2));
    let three = change(&both, &equal(0..3), Drain::Over);
    let third = MemberId::new(2);
    for (old, new) in both.slots.iter().zip(&three.slots) {
        assert_eq!(new.is_changed(), new.now() == third);
        assert_eq!(new.before(), old.now());
    }
    // Back again within the drain: what came meanwhile is known by its connection, and has to be looked up.
    let back = change(&three, &equal(0..2), Drain::Going);
    for (old, new) in three.slots.iter().zip(&back.slots) {
        assert_eq!(new.is_changed(), old.now() == third);
        assert_ne!(new.now(), third);
        assert_ne!(new.before(), third);
    }
    // Behind the drain slots settle, but for those whose connections are elsewhere.
    let used = with(&equal(0..2), |members| back.change(members, Drain::Over, |slot| slot % 2 == 0));
    for (index, (old, new)) in back.slots.iter().zip(&used.slots).enumerate() {
        assert_eq!(new.is_changed(), old.is_changed() && index % 2 == 0);
    }
}

proptest! {
    #[test]
    fn no_more_moves_than_shares_ask_for(
        first in btree_map(0_u8..64, 1_u16..50, 1..20),
        then in vec(btree_map(0_u8..64, 1_u16..50, 0..20), 1..5),
    ) {
        let mut table = new(&first);
        for members in then {
            let next = change(&table, &members, Drain::Over);
            let gone = if members.is_empty() { table.slots.iter().filter(|slot| slot.now().is_some()).count() } else { 0 };
            prop_assert_eq!(moved(&table, &next), short(&table, &next, &members) + gone);
            table = next;
        }
    }

    /// Connections of before the first change that have not been seen since: each is still where it was, as long as its
    /// member stays.
    #[test]
    fn a_silent_connection_stays_on_its_member(
        first in btree_map(0_u8..8, 1_u16..5, 1..8),
        then in vec(btree_map(0_u8..8, 1_u16..5, 1..8), 1..12),
    ) {
        let old = new(&first);
        let mut staying = first.clone();
        let mut table = old.clone();
        for members in then {
            staying.retain(|id, _| members.contains_key(id));
            table = change(&table, &members, Drain::Going);
            for (before, now) in old.slots.iter().zip(&table.slots) {
                let member = before.now().expect("there are members");
                if staying.contains_key(&member.number()) {
                    prop_assert_eq!(if now.is_changed() { now.before() } else { now.now() }, Some(member));
                }
            }
        }
    }
}
