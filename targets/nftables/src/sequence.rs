//! Comparing two sequences: which elements stay, which go, which come.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// A place where two sequences differ: what stands there in the old one, and what in the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hunk {
    pub(crate) old: Range<usize>,
    pub(crate) new: Range<usize>,
}

/// Returns the differences, ascending, such that everything outside of them is equal in order.
///
/// `may_stay` says whether an element of the old sequence may stay although it is equal to a new one.
///
/// The longest run of equal elements that ascends in both sequences stays, found by patience sorting in
/// O(n log n). Elements that occur several times are paired in order (the first with the first), so with many
/// of them more may be moved than is necessary.
pub(crate) fn compare<T: Eq + Hash>(old: &[T], new: &[T], may_stay: impl Fn(&T) -> bool) -> Vec<Hunk> {
    let pairs = pair_up(old, new, may_stay);
    let staying = longest_ascending(&pairs);
    let mut hunks = Vec::new();
    let (mut next_old, mut next_new) = (0, 0);
    for (in_old, in_new) in staying.into_iter().chain([(old.len(), new.len())]) {
        if next_old < in_old || next_new < in_new {
            hunks.push(Hunk { old: next_old..in_old, new: next_new..in_new });
        }
        (next_old, next_new) = (in_old + 1, in_new + 1);
    }
    hunks
}

/// Returns pairs of indices of equal elements, ascending by the new index; no index occurs twice.
fn pair_up<T: Eq + Hash>(old: &[T], new: &[T], may_stay: impl Fn(&T) -> bool) -> Vec<(usize, usize)> {
    // Equal starts and ends are paired first: elements that occur several times then stay where they are when
    // the change is elsewhere.
    let is_pair = |(a, b): &(&T, &T)| a == b && may_stay(a);
    let start = old.iter().zip(new).take_while(is_pair).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(is_pair).count();

    let old_middle = start..old.len() - end;
    let new_middle = start..new.len() - end;
    let mut places: HashMap<&T, Vec<usize>> = HashMap::new();
    for index in old_middle.rev().filter(|&index| may_stay(&old[index])) {
        places.entry(&old[index]).or_default().push(index);
    }
    let starts = (0..start).map(|index| (index, index));
    let middles = new_middle.clone().filter_map(|index| Some((places.get_mut(&new[index])?.pop()?, index)));
    let ends = (0..end).map(|index| (old.len() - end + index, new.len() - end + index));
    starts.chain(middles).chain(ends).collect()
}

/// Returns a longest subsequence of the pairs in which the old index ascends as well.
fn longest_ascending(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // tails[n] is the pair that ends the subsequence of length n + 1 with the smallest old index.
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, (in_old, _)) in pairs.iter().enumerate() {
        let length = tails.partition_point(|&tail| pairs[tail].0 < *in_old);
        before.push(length.checked_sub(1).map(|last| tails[last]));
        if length == tails.len() {
            tails.push(index);
        } else {
            tails[length] = index;
        }
    }
    let mut longest = Vec::with_capacity(tails.len());
    let mut current = tails.last().copied();
    while let Some(index) = current {
        longest.push(pairs[index]);
        current = before[index];
    }
    longest.reverse();
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hunks(old: &str, new: &str) -> Vec<(String, String)> {
        let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
        compare(&old, &new, |_| true)
            .into_iter()
            .map(|hunk| (old[hunk.old].iter().collect(), new[hunk.new].iter().collect()))
            .collect()
    }

    fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn an_edit_of_one_element_is_one_hunk() {
        assert_eq!(hunks("abcde", "abXde"), texts(&[("c", "X")]));
        assert_eq!(hunks("abcde", "abcde"), texts(&[]));
        assert_eq!(hunks("", "ab"), texts(&[("", "ab")]));
        assert_eq!(hunks("ab", ""), texts(&[("ab", "")]));
    }

    #[test]
    fn a_moved_element_leaves_the_others_where_they_are() {
        assert_eq!(hunks("abcde", "bcdea"), texts(&[("a", ""), ("", "a")]));
        assert_eq!(hunks("abcde", "eabcd"), texts(&[("", "e"), ("e", "")]));
    }

    #[test]
    fn equal_elements_stay_around_an_edit() {
        assert_eq!(hunks("aaaXaaa", "aaaYaaa"), texts(&[("X", "Y")]));
        assert_eq!(hunks("aaaa", "aaaaa"), texts(&[("", "a")]));
    }

    #[test]
    fn elements_that_must_not_stay_are_replaced_by_their_equals() {
        let found = compare(&['a', 'b', 'c'], &['a', 'b', 'c'], |c| *c != 'b');
        assert_eq!(found, [Hunk { old: 1..2, new: 1..2 }]);
    }

    proptest! {
        #[test]
        fn the_hunks_turn_the_old_sequence_into_the_new_one(
            old in prop::collection::vec(0u8..12, 0..40),
            new in prop::collection::vec(0u8..12, 0..40),
        ) {
            let mut rebuilt = Vec::new();
            let mut next = 0;
            for hunk in compare(&old, &new, |_| true) {
                rebuilt.extend_from_slice(&old[next..hunk.old.start]);
                prop_assert_eq!(rebuilt.len(), hunk.new.start);
                rebuilt.extend_from_slice(&new[hunk.new]);
                next = hunk.old.end;
            }
            rebuilt.extend_from_slice(&old[next..]);
            prop_assert_eq!(rebuilt, new);
        }

        #[test]
        fn without_repetitions_as_many_elements_stay_as_can(
            old in Just((0u8..9).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let new: Vec<u8> = (0..9).collect();
            let moved: usize = compare(&old, &new, |_| true).iter().map(|hunk| hunk.old.len()).sum();
            // All 512 subsets: the largest that ascends in the old sequence is what can stay.
            let stay = (0u32..512).filter(|subset| {
                let kept: Vec<u8> = old.iter().copied().filter(|e| subset & (1 << e) != 0).collect();
                kept.is_sorted()
            });
            let most = stay.map(u32::count_ones).max().expect("the empty subset ascends") as usize;
            prop_assert_eq!(moved, old.len() - most);
        }
    }
}
