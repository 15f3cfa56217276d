//! Which member of a group each hash belongs to.
//!
//! A table has a prime number of slots. Each member gets as many as its weight is worth, to within one, and each prefers
//! slots in an order of its own, as in Maglev (Eisenbud et al., NSDI 2016). Unlike there a table is made from the one
//! before it: slots change hands only as far as the shares do, which is the least that any table can do.

use crate::layout::{SLOT_CHANGED, Slot};
use crate::{NextHop, Slots};
use rosc_target::fnv_1a;

/// The place of a member in its group: below [`MemberId::COUNT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(u8);

/// A member as a table knows it.
#[derive(Debug, Clone, Copy)]
pub struct Share<'m> {
    /// Its place.
    pub id: MemberId,
    /// By what it prefers slots.
    pub next_hop: &'m NextHop,
    /// What it gets, beside the weights of the others.
    pub weight: u16,
}

/// Who gets what, and who got it before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    slots: Vec<Slot>,
}

/// Whether connections of before the last change may still be where they were then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drain {
    /// They may.
    Going,
    /// They are known one by one, or gone.
    Over,
}

impl MemberId {
    /// So many there are; the number itself stands for nobody.
    pub const COUNT: u8 = 127;

    /// The id of a number; `None` if it is too large.
    pub fn new(number: u8) -> Option<Self> {
        (number < Self::COUNT).then_some(Self(number))
    }

    /// The number.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl Slot {
    const EMPTY: Self = Self { now: MemberId::COUNT, before: MemberId::COUNT };

    /// The member that new connections go to.
    pub(crate) fn now(self) -> Option<MemberId> {
        MemberId::new(self.now)
    }

    /// The member that connections nothing is known of go to, while the group drains.
    pub(crate) fn before(self) -> Option<MemberId> {
        MemberId::new(self.before & !SLOT_CHANGED)
    }

    /// Whether its connections may be elsewhere than the member of now says.
    pub(crate) fn is_changed(self) -> bool {
        self.before & SLOT_CHANGED != 0
    }
}

impl Table {
    /// A table that nobody has a share of.
    pub fn empty(slots: Slots) -> Self {
        Self { slots: vec![Slot::EMPTY; slots.count() as usize] }
    }

    /// The table of some members, with nothing before it.
    pub fn new(slots: Slots, members: &[Share<'_>]) -> Self {
        let mut owners = vec![None; slots.count() as usize];
        share_out(&mut owners, members);
        Self { slots: owners.into_iter().map(settled).collect() }
    }

    /// Takes slots as they are in the kernel.
    pub(crate) fn from_slots(slots: Vec<Slot>) -> Self {
        Self { slots }
    }

    /// The slots as the kernel holds them.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The member that a new connection with this hash goes to.
    pub fn member(&self, hash: u32) -> Option<MemberId> {
        self.slots[self.slot(hash)].now()
    }

    /// The slot of a hash.
    pub(crate) fn slot(&self, hash: u32) -> usize {
        let scaled = (u64::from(hash) * self.slots.len() as u64) >> 32;
        usize::try_from(scaled).expect("less than the slots")
    }

    /// How many slots a member has.
    pub fn share(&self, id: MemberId) -> usize {
        self.slots.iter().filter(|slot| slot.now() == Some(id)).count()
    }

    /// How many slots have connections that may be elsewhere than the members of now say.
    pub(crate) fn changed(&self) -> usize {
        self.slots.iter().filter(|slot| slot.is_changed()).count()
    }

    /// The table of other members, to which connections go over without one of them being moved off a member that stays.
    ///
    /// Slots that have changed hands remember the member that had them before, which connections go to that nothing is
    /// known of. While an earlier drain is going on, that member stays: what came since is known. `is_in_use` says of
    /// which slots connections are known that are elsewhere: these are looked up as long.
    pub fn change(&self, members: &[Share<'_>], drain: Drain, is_in_use: impl Fn(usize) -> bool) -> Self {
        let stays = |id: &MemberId| members.iter().any(|member| member.id == *id);
        let mut owners: Vec<_> = self.slots.iter().map(|slot| slot.now().filter(stays)).collect();
        share_out(&mut owners, members);
        let slots = self.slots.iter().zip(owners).enumerate().map(|(index, (old, owner))| {
            let is_draining = drain == Drain::Going && old.is_changed();
            let before = if is_draining { old.before() } else { old.now() };
            let is_changed = old.now() != owner || is_draining || (old.is_changed() && is_in_use(index));
            // A slot that had nobody has no connections either.
            if !is_changed || old.now().is_none() {
                return settled(owner);
            }
            let before = before.filter(stays).or(owner);
            // Who had it has gone, and of no connection is anything known: old and new ones go to the same member.
            if before == owner && !old.is_changed() {
                return settled(owner);
            }
            Slot { now: number(owner), before: number(before) | SLOT_CHANGED }
        });
        Self { slots: slots.collect() }
    }
}

fn number(owner: Option<MemberId>) -> u8 {
    owner.map_or(MemberId::COUNT, MemberId::number)
}

fn settled(owner: Option<MemberId>) -> Slot {
    Slot { now: number(owner), before: number(owner) }
}

/// Gives members what they are short of: slots that nobody has, and slots of those who have more than their share.
fn share_out(owners: &mut [Option<MemberId>], members: &[Share<'_>]) {
    const NONE: usize = MemberId::COUNT as usize;
    let mut held = [0_usize; NONE + 1];
    for owner in owners.iter() {
        held[owner.map_or(NONE, |id| id.number().into())] += 1;
    }
    let quotas = quotas(owners.len(), members, &held);
    let mut quota_of = [0_usize; NONE + 1];
    for (member, quota) in members.iter().zip(&quotas) {
        quota_of[usize::from(member.id.number())] = *quota;
    }
    let mut short: Vec<_> = members
        .iter()
        .zip(&quotas)
        .filter(|(member, quota)| held[usize::from(member.id.number())] < **quota)
        .map(|(member, quota)| (member.id, *quota, Preference::of(member.next_hop, owners.len())))
        .collect();
    // By turns, so that everybody gets what it likes best. A slot that is passed over can't become free later: nobody
    // gets more than its share.
    while !short.is_empty() {
        short.retain_mut(|(id, quota, preference)| {
            let slot = preference.find(|slot| {
                let owner = owners[*slot].map_or(NONE, |owner| owner.number().into());
                owner == NONE || held[owner] > quota_of[owner]
            });
            let slot = slot.expect("shares add up to all slots");
            held[owners[slot].map_or(NONE, |owner| owner.number().into())] -= 1;
            owners[slot] = Some(*id);
            let has = &mut held[usize::from(id.number())];
            *has += 1;
            *has < *quota
        });
    }
}

/// How many slots each member should have: its part of all, rounded so that they add up. Who has more than its part
/// already is rounded up first, so that nothing moves for that alone.
fn quotas(slots: usize, members: &[Share<'_>], held: &[usize]) -> Vec<usize> {
    let total: u64 = members.iter().map(|member| u64::from(member.weight)).sum();
    let part = |member: &Share<'_>| {
        let exact = slots as u64 * u64::from(member.weight);
        let whole = usize::try_from(exact / total).expect("at most the slots");
        (whole, exact % total)
    };
    let parts: Vec<(usize, u64)> = members.iter().map(part).collect();
    let mut order: Vec<usize> = (0..members.len()).filter(|index| parts[*index].1 > 0).collect();
    order.sort_by_key(|index| {
        let (whole, rest) = parts[*index];
        let has_more = held[usize::from(members[*index].id.number())] > whole;
        (!has_more, std::cmp::Reverse(rest), members[*index].next_hop)
    });
    let mut quotas: Vec<usize> = parts.iter().map(|(whole, _)| *whole).collect();
    let missing = if members.is_empty() { 0 } else { slots - quotas.iter().sum::<usize>() };
    for index in order.into_iter().take(missing) {
        quotas[index] += 1;
    }
    quotas
}

/// The slots in the order in which a member likes them: each once, since their number is prime.
struct Preference {
    next: usize,
    step: usize,
    slots: usize,
    left: usize,
}

impl Preference {
    fn of(next_hop: &NextHop, slots: usize) -> Self {
        let name = next_hop.to_string();
        let remainder = |salt: &str, of: usize| {
            let hash = fnv_1a(format!("{salt}{name}").as_bytes());
            usize::try_from(hash % of as u64).expect("less than the slots")
        };
        Self {
            next: remainder("offset ", slots),
            step: 1 + remainder("step ", slots - 1),
            slots,
            left: slots,
        }
    }
}

impl Iterator for Preference {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let slot = self.next;
        self.next = (self.next + self.step) % self.slots;
        Some(slot)
    }
}

#[cfg(test)]
mod tests;
