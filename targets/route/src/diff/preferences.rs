//! Finding preferences for new rules.

use crate::PREFERENCES;
use std::collections::BTreeSet;

/// The distance between rules where there is room, as people number them.
const STEP: u32 = 10;
/// The preference of the first rule of a fresh list: a hundred rules find room before it in the same steps.
const FIRST: u32 = 11_000;

/// There are more rules than preferences.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// Gives each rule without a preference one between those of its neighbours, which keep theirs. `places` has
/// the kept preferences, ascending; `taken` has those of all rules that are there, kept, stale and foreign.
///
/// Where a gap is too narrow, the neighbour behind it (the one before, at the end of the list) gives up its
/// preference as well, until there is room.
pub(super) fn place(mut places: Vec<Option<u32>>, taken: &BTreeSet<u32>) -> Result<Vec<u32>, Full> {
    let mut start = 0;
    while start < places.len() {
        if places[start].is_some() {
            start += 1;
            continue;
        }
        let end =
            places[start..].iter().position(Option::is_some).map_or(places.len(), |length| start + length);
        let before = start.checked_sub(1).and_then(|place| places[place]);
        let behind = places.get(end).copied().flatten();
        match fill(end - start, before, behind, taken) {
            Some(filled) => {
                for (place, preference) in places[start..end].iter_mut().zip(filled) {
                    *place = Some(preference);
                }
                start = end;
            }
            None if end < places.len() => places[end] = None,
            None if start > 0 => {
                start -= 1;
                places[start] = None;
            }
            None => return Err(Full),
        }
    }
    Ok(places.into_iter().flatten().collect())
}

/// Chooses `count` free preferences between two, ascending: evenly spread, but where one side is open, close
/// to the other.
fn fill(count: usize, before: Option<u32>, behind: Option<u32>, taken: &BTreeSet<u32>) -> Option<Vec<u32>> {
    let (first, last) = PREFERENCES.into_inner();
    let low = before.unwrap_or(first - 1);
    let high = behind.unwrap_or(last + 1);
    let free: Vec<u32> = (low + 1..high).filter(|preference| !taken.contains(preference)).collect();
    let spare = free.len().checked_sub(count)?;
    let number = u32::try_from(count).ok()?;
    let span = (high - low) / (number + 1);
    let step = STEP.min(span);
    let (start, step) = match (before, behind) {
        (None, None) => (FIRST, STEP.min((last - FIRST) / number)),
        (Some(before), None) => (before + step, step),
        (None, Some(behind)) => (behind - number * step, step),
        (Some(before), Some(_)) => (before + span, span),
    };
    let mut next = 0;
    let mut chosen = Vec::with_capacity(count);
    for (nth, ideal) in (0..number).map(|nth| start + nth * step).enumerate() {
        // Not so far ahead that those behind find nothing free, and not before the last one chosen.
        let place = free.partition_point(|preference| *preference < ideal).min(spare + nth).max(next);
        chosen.push(free[place]);
        next = place + 1;
    }
    Some(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(places: &[Option<u32>], taken: &[u32]) -> Vec<u32> {
        place(places.to_vec(), &taken.iter().copied().collect()).unwrap()
    }

    #[test]
    fn a_fresh_list_is_numbered_in_tens() {
        assert_eq!(placed(&[None; 3], &[]), [11_000, 11_010, 11_020]);
    }

    #[test]
    fn a_rule_between_two_goes_into_the_middle() {
        assert_eq!(placed(&[Some(11_000), None, Some(11_010)], &[11_000, 11_010]), [11_000, 11_005, 11_010]);
    }

    #[test]
    fn rules_at_the_ends_keep_the_step() {
        assert_eq!(placed(&[None, Some(11_000), None], &[11_000]), [10_990, 11_000, 11_010]);
    }

    #[test]
    fn preferences_of_others_are_left_out() {
        assert_eq!(placed(&[None, None], &[11_000, 11_001, 11_010]), [11_002, 11_011]);
    }

    #[test]
    fn a_neighbour_gives_way_only_where_a_gap_is_exhausted() {
        let taken = [11_000, 11_001, 11_010, 11_020];
        let places = [Some(11_000), None, Some(11_001), Some(11_010), Some(11_020)];
        assert_eq!(placed(&places, &taken), [11_000, 11_003, 11_006, 11_010, 11_020]);
    }

    #[test]
    fn the_end_of_the_range_pushes_rules_forward() {
        let taken = [29_990, 29_999];
        assert_eq!(placed(&[Some(29_990), Some(29_999), None], &taken), [29_990, 29_993, 29_996]);
    }

    #[test]
    fn a_full_range_is_reported() {
        let taken: BTreeSet<u32> = PREFERENCES.collect();
        assert_eq!(place(vec![None], &taken), Err(Full));
        assert_eq!(place(vec![None; 20_001], &BTreeSet::new()), Err(Full));
        assert_eq!(place(vec![None; 20_000], &BTreeSet::new()).map(|placed| placed.len()), Ok(20_000));
    }
}
