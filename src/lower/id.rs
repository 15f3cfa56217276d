//! Numbers for names, by a scheme that no other name disturbs.

use rosc_target::fnv_1a;
use std::collections::{BTreeMap, BTreeSet};

/// Gives each name a number from 1 to `most`.
///
/// The number follows from the name alone, so that adding or removing another name leaves it as it is. Only where
/// two names want the same number does the later one in the alphabet take the next free one. `None` if there are
/// more names than numbers.
pub(super) fn numbered<'a>(
    names: impl IntoIterator<Item = &'a str>,
    most: u32,
) -> Option<BTreeMap<&'a str, u32>> {
    numbered_beside(names, most, BTreeSet::new())
}

/// The same without the numbers that others have.
pub(super) fn numbered_beside<'a>(
    names: impl IntoIterator<Item = &'a str>,
    most: u32,
    mut taken: BTreeSet<u32>,
) -> Option<BTreeMap<&'a str, u32>> {
    let names: BTreeSet<&str> = names.into_iter().collect();
    taken.retain(|number| (1..=most).contains(number));
    if names.len() + taken.len() > most as usize {
        return None;
    }
    let mut numbers = BTreeMap::new();
    for name in names {
        let mut number = wanted(name, most);
        while !taken.insert(number) {
            number = number % most + 1;
        }
        numbers.insert(name, number);
    }
    Some(numbers)
}

fn wanted(name: &str, most: u32) -> u32 {
    let folded = fnv_1a(name.as_bytes());
    let number = (folded ^ (folded >> 32)) % u64::from(most) + 1;
    u32::try_from(number).expect("at most `most`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_does_not_depend_on_the_other_names() {
        let alone = numbered(["to-wan2"], 65535).expect("room")["to-wan2"];
        let among = numbered(["a", "to-wan1", "to-wan2", "zz"], 65535).expect("room")["to-wan2"];
        assert_eq!(alone, among);
    }

    #[test]
    fn names_that_want_the_same_number_get_different_ones() {
        let names: Vec<String> = (0..7).map(|n| format!("table{n}")).collect();
        let numbers = numbered(names.iter().map(String::as_str), 7).expect("room");
        let taken: BTreeSet<u32> = numbers.values().copied().collect();
        assert_eq!(taken, (1..=7).collect());
        assert!(numbered(names.iter().map(String::as_str), 6).is_none());
    }

    #[test]
    fn what_others_have_nobody_gets() {
        let wanted = numbered(["a"], 9).expect("room")["a"];
        let beside = numbered_beside(["a", "b"], 9, BTreeSet::from([wanted, 70])).expect("room");
        assert!(beside.values().all(|number| *number != wanted), "{beside:?}");
        assert!(numbered_beside(["a"], 3, BTreeSet::from([1, 2, 3])).is_none());
    }
}
