//! What tables make of a hundred thousand connections: how they are shared, and which of them move.

use super::{Members, with};
use crate::table::{Drain, MemberId, Slot, Table};
use crate::{Flow, HashFields, Slots};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

const FLOWS: usize = 100_000;

/// Numbers that look like random ones, the same in each run: splitmix64.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn weight(&mut self) -> u16 {
        1 + u16::try_from(self.below(16)).expect("a small number")
    }

    fn port(&mut self) -> u16 {
        u16::try_from(self.below(1 << 16)).expect("two bytes")
    }

    /// The hash of a connection between any addresses of a family.
    fn hash(&mut self, is_ipv6: bool) -> u32 {
        let wide = |numbers: &mut Self| u128::from(numbers.next()) << 64 | u128::from(numbers.next());
        let mut address = || match wide(self).to_be_bytes() {
            bytes if is_ipv6 => IpAddr::from(bytes),
            [a, b, c, d, ..] => IpAddr::from([a, b, c, d]),
        };
        let (source, destination) = (address(), address());
        let protocol = if self.below(2) == 0 { 6 } else { 17 };
        let (source_port, destination_port) = (self.port(), self.port());
        let flow = Flow { source, destination, protocol, source_port, destination_port, inner: None };
        flow.hash(HashFields::L4)
    }

    fn hashes(&mut self) -> Vec<u32> {
        (0..FLOWS).map(|number| self.hash(number % 2 == 0)).collect()
    }

    fn members(&mut self, count: u8) -> Members {
        (0..count).map(|id| (id, self.weight())).collect()
    }

    /// Other members: one has gone, one has come, or one has another weight; or all of that.
    fn changed(&mut self, members: &Members) -> Members {
        let mut changed = members.clone();
        let what = self.below(4);
        let any = |numbers: &mut Self, members: &Members| {
            let place = usize::try_from(numbers.below(members.len() as u64)).expect("a place");
            *members.keys().nth(place).expect("one of them")
        };
        if (what == 0 || what == 3) && changed.len() > 1 {
            changed.remove(&any(self, members));
        }
        if what == 1 || what == 3 {
            let new = (0..MemberId::COUNT).find(|id| !members.contains_key(id)).expect("a free one");
            changed.insert(new, self.weight());
        }
        if what == 2 || what == 3 {
            let other = any(self, &changed);
            changed.insert(other, self.weight());
        }
        changed
    }
}

/// What decides about packets, as `bpf/select.h` has it; with a memory that holds all.
struct Model {
    table: Table,
    members: Members,
    drain: Drain,
    /// By their hashes: two connections of one hash are always together.
    known: HashMap<u32, MemberId>,
}

impl Model {
    fn new(slots: Slots, members: &Members) -> Self {
        let table = with(members, |shares| Table::new(slots, shares));
        Self { table, members: members.clone(), drain: Drain::Over, known: HashMap::new() }
    }

    fn lives(&self, id: MemberId) -> bool {
        self.members.contains_key(&id.number())
    }

    /// Where a packet goes; the first one of a connection, or another.
    fn goes(&mut self, hash: u32, begins: bool) -> MemberId {
        let slot: Slot = self.table.slots[self.table.slot(hash)];
        let now = slot.now().expect("there are members");
        if !slot.is_changed() {
            return now;
        }
        if let Some(member) = self.known.get(&hash).filter(|member| self.lives(**member)) {
            return *member;
        }
        let before = slot.before().filter(|before| self.lives(*before)).unwrap_or(now);
        if self.drain == Drain::Over || before == now {
            return now;
        }
        let member = if begins { now } else { before };
        self.known.insert(hash, member);
        member
    }

    fn change(&mut self, members: &Members) {
        // Who gets the place of one that has gone before gets none of its connections.
        let old = self.members.clone();
        self.known.retain(|_, id| old.contains_key(&id.number()));
        let known = self.known.iter().filter(|(_, id)| members.contains_key(&id.number()));
        let used: std::collections::HashSet<usize> = known.map(|(hash, _)| self.table.slot(*hash)).collect();
        self.table =
            with(members, |shares| self.table.change(shares, self.drain, |slot| used.contains(&slot)));
        self.members = members.clone();
        self.drain = Drain::Going;
    }
}

/// So many members are told apart by tables of these sizes.
const SIZES: [(Slots, u8); 2] = [(Slots::Small, 16), (Slots::Large, 64)];

fn counts(table: &Table, hashes: &[u32]) -> BTreeMap<MemberId, usize> {
    let mut counts = BTreeMap::new();
    for hash in hashes {
        *counts.entry(table.member(*hash).expect("there are members")).or_default() += 1;
    }
    counts
}

#[test]
fn each_members_share_of_connections_is_within_one_percent_of_its_weights() {
    let mut numbers = Numbers(1);
    let hashes = numbers.hashes();
    for slots in [Slots::Small, Slots::Large] {
        for count in 1..=64 {
            let members = numbers.members(count);
            let counts = counts(&Model::new(slots, &members).table, &hashes);
            let total: u32 = members.values().map(|weight| u32::from(*weight)).sum();
            for (id, weight) in &members {
                let got = counts.get(&MemberId::new(*id).expect("a small number")).copied().unwrap_or(0);
                let (got, wanted) = (got as f64 / FLOWS as f64, f64::from(*weight) / f64::from(total));
                assert!((got - wanted).abs() < 0.01, "{count} members, {id}: {got}, not {wanted}");
            }
        }
    }
}

#[test]
fn no_established_connection_moves_between_members_that_stay() {
    let mut numbers = Numbers(2);
    let hashes = numbers.hashes();
    for (slots, most) in SIZES {
        for count in [1, 2, 3, 5, 16, 40, 64].into_iter().filter(|count| *count <= most) {
            let mut members = numbers.members(count);
            let mut model = Model::new(slots, &members);
            let mut places: Vec<MemberId> = hashes.iter().map(|hash| model.goes(*hash, true)).collect();
            for step in 0..4 {
                members = numbers.changed(&members);
                model.change(&members);
                let mut moved = 0;
                for (hash, place) in hashes.iter().zip(&mut places) {
                    let now = model.goes(*hash, false);
                    moved += usize::from(now != *place && model.lives(*place));
                    *place = now;
                }
                assert_eq!(moved, 0, "of {count} members, change {step}");
                // In time the drain is over; behind each other change the next one comes before that.
                if step % 2 == 1 {
                    model.drain = Drain::Over;
                }
            }
        }
    }
}

#[test]
fn of_new_connections_hardly_more_move_than_have_to() {
    let mut numbers = Numbers(3);
    let hashes = numbers.hashes();
    let percent = |of: f64| of * 100.0;
    for (slots, most) in SIZES {
        for count in 1..=most {
            let mut members = numbers.members(count);
            let mut model = Model::new(slots, &members);
            for _ in 0..3 {
                let old = model.table.clone();
                let next = numbers.changed(&members);
                model.change(&next);
                let moved = hashes.iter().filter(|hash| old.member(**hash) != model.table.member(**hash));
                let moved = percent(moved.count() as f64 / FLOWS as f64);
                // Who has more connections than before has got them from others: so many had to move at least.
                let (before, behind) = (counts(&old, &hashes), counts(&model.table, &hashes));
                let more = |(id, count): (&MemberId, &usize)| {
                    count.saturating_sub(before.get(id).copied().unwrap_or(0))
                };
                let least = percent(behind.iter().map(more).sum::<usize>() as f64 / FLOWS as f64);
                assert!(moved <= least + 0.1, "{count} members: {moved} % moved, {least} % had to");
                if slots == Slots::Large {
                    assert_least_by_weights(&old, &model.table, &members, &next);
                }
                members = next;
            }
        }
    }
}

/// The same by weights alone: of all hashes, beyond what members' parts of all weights have grown by.
fn assert_least_by_weights(old: &Table, new: &Table, before: &Members, behind: &Members) {
    let part = |members: &Members, id: &u8| {
        let total: u32 = members.values().map(|weight| u32::from(*weight)).sum();
        members.get(id).map_or(0.0, |weight| f64::from(*weight) / f64::from(total))
    };
    let least: f64 = behind.keys().map(|id| (part(behind, id) - part(before, id)).max(0.0)).sum();
    let slots = new.slots.len() as f64;
    let moved = super::moved(old, new) as f64 / slots;
    assert!(moved <= least + 0.001, "{} members: {moved} of all moved, {least} had to", behind.len());
}
