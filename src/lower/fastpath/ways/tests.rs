//! Ways with fewer prefixes say the same.

use super::*;
use proptest::prelude::*;
use std::net::Ipv4Addr;

fn by(choice: u8) -> By {
    match choice {
        0 => By::Stack,
        1 | 2 => By::Fib,
        _ => By::Group(format!("g{choice}").parse().expect("a name")),
    }
}

/// What the longest prefix that holds an address says, but that nothing inside of a prefix of the stack counts.
fn answer(ways: &BTreeMap<IpNet, Way>, address: Ipv4Addr) -> Option<By> {
    let holding = ways.iter().filter(|(prefix, _)| prefix.contains(&IpAddr::V4(address)));
    let mut holding: Vec<(&IpNet, &Way)> = holding.collect();
    holding.sort_by_key(|(prefix, _)| prefix.prefix_len());
    let stack = holding.iter().find(|(_, way)| way.by == By::Stack);
    stack.or(holding.last()).map(|(_, way)| way.by.clone())
}

proptest! {
    #[test]
    fn what_is_left_out_changes_no_answer(
        entries in prop::collection::vec((0u32..64, 0u8..=6, 0u8..5), 0..40),
        asked in 0u32..64,
    ) {
        // Prefixes and addresses differ in six bits only, so that they meet.
        let ways: BTreeMap<IpNet, Way> = entries
            .iter()
            .map(|&(bits, length, choice)| {
                let network = Ipv4Net::new(Ipv4Addr::from(bits << 26), length).expect("a prefix").trunc();
                (IpNet::V4(network), Way { origin: Origin::IMPLIED, by: by(choice) })
            })
            .collect();
        let address = Ipv4Addr::from(asked << 26);
        let fewer = compressed(ways.clone());
        prop_assert_eq!(answer(&fewer, address), answer(&ways, address));
        // No prefix is left that the one around it makes needless.
        for (prefix, way) in &fewer {
            let around = fewer.iter().filter(|(outer, _)| *outer != prefix && outer.contains(prefix));
            let nearest = around.max_by_key(|(outer, _)| outer.prefix_len());
            prop_assert!(nearest.is_none_or(|(_, outer)| outer.by != way.by && outer.by != By::Stack));
        }
    }
}
