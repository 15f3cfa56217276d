//! Delta debugging: leaves out what is not needed.

/// The fewest of some items, in their order, for which something still holds that holds for all of them: none of what is
/// left can be left out alone. Takes away large blocks first, from the end, since what stands there depends on what
/// stands before.
pub(super) fn fewest<T: Clone>(items: Vec<T>, mut holds: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut kept = items;
    let mut size = kept.len().div_ceil(2);
    loop {
        let mut is_smaller = false;
        let mut end = kept.len();
        while end > 0 {
            let start = end.saturating_sub(size);
            let without = [&kept[..start], &kept[end..]].concat();
            if holds(&without) {
                kept = without;
                is_smaller = true;
            }
            end = start;
        }
        if size > 1 {
            size = size.div_ceil(2);
        } else if !is_smaller {
            return kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_left_wherever_it_stands() {
        let all: Vec<u32> = (0..100).collect();
        let left = fewest(all, |some| some.contains(&3) && some.contains(&98) && some.contains(&50));
        assert_eq!(left, [3, 50, 98]);
    }

    #[test]
    fn what_was_needed_by_something_that_went_goes_too() {
        // An odd number holds only behind the even one before it.
        let holds = |some: &[u32]| {
            some.contains(&8)
                && some.iter().all(|number| number.is_multiple_of(2) || some.contains(&(number - 1)))
        };
        assert_eq!(fewest((0..20).collect(), holds), [8]);
    }

    #[test]
    fn nothing_stays_nothing_and_what_is_needed_stays_whole() {
        assert!(fewest(Vec::<u32>::new(), |_| true).is_empty());
        assert_eq!(fewest(vec![1, 2, 3], |some| some.len() == 3), [1, 2, 3]);
    }
}
