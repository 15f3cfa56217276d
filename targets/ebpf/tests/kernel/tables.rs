//! The tables in the kernel say the same as those outside.

use crate::frame::{Extras, flow, packet, plain, tcp};
use crate::shared::group_name;
use crate::world::{World, in_world, next_hop, shared_among};
use rosc_ebpf::{Flow, HashFields, Hook, MemberId, Share, Slots, Table};
use std::collections::BTreeMap;

/// So many connections are asked for.
const FLOWS: u32 = 100_000;

/// How many packets each uplink has got of a group.
fn counts(world: &World, family: u8) -> BTreeMap<u8, u64> {
    let counters = world.counters();
    let members = &counters.groups[&group_name(family)].members;
    let uplink = |device: &str| device.trim_start_matches("wan").parse().expect("an uplink");
    members.iter().map(|member| (uplink(member.next_hop.device.as_str()), member.traffic.packets)).collect()
}

/// What the tables say outside of the kernel.
pub(crate) fn expected(
    weights: &[(u8, u16)],
    family: u8,
    slots: Slots,
    flows: &[Flow],
    fields: HashFields,
) -> BTreeMap<u8, u64> {
    let next_hops: Vec<_> = weights.iter().map(|(uplink, _)| next_hop(*uplink, family)).collect();
    let shares: Vec<Share<'_>> = weights
        .iter()
        .zip(&next_hops)
        .zip(0..)
        .map(|(((_, weight), next_hop), id)| Share {
            id: MemberId::new(id).expect("few"),
            next_hop,
            weight: *weight,
        })
        .collect();
    let table = Table::new(slots, &shares);
    let mut counts: BTreeMap<u8, u64> = weights.iter().map(|(uplink, _)| (*uplink, 0)).collect();
    for flow in flows {
        let id = table.member(flow.hash(fields)).expect("somebody");
        *counts.get_mut(&weights[usize::from(id.number())].0).expect("an uplink") += 1;
    }
    counts
}

#[test]
fn the_kernel_finds_the_member_that_the_table_says() {
    in_world(|world| {
        let weights = [(1, 1), (2, 2), (3, 3), (4, 1)];
        for (slots, fields) in
            [(Slots::Small, HashFields::L4), (Slots::Large, HashFields::L4), (Slots::Small, HashFields::L3)]
        {
            let mut state = shared_among(&weights, slots, Hook::Tc);
            state.groups.values_mut().for_each(|group| group.hash = fields);
            world.set(&state);
            for family in [4, 6] {
                // One by one, so that no two mistakes make up for each other.
                let mut before = counts(world, family);
                for number in 0..200 {
                    let flow = if number % 2 == 0 { flow(family, number) } else { tcp(flow(family, number)) };
                    world.send_only(Hook::Tc, &plain(flow), 1);
                    let after = counts(world, family);
                    let sent = expected(&weights, family, slots, &[flow], fields);
                    for (uplink, count) in &sent {
                        assert_eq!(after[uplink] - before[uplink], *count, "{flow:?}");
                    }
                    before = after;
                }
            }
        }
    });
}

#[test]
fn shares_are_those_of_the_table_for_many_connections() {
    in_world(|world| {
        let weights = [(1, 1), (2, 2), (3, 3)];
        world.set(&shared_among(&weights, Slots::Large, Hook::Tc));
        for family in [4, 6] {
            let flows: Vec<Flow> = (0..FLOWS).map(|number| flow(family, number)).collect();
            for flow in &flows {
                world.send_only(Hook::Tc, &plain(*flow), 1);
            }
            let counted = counts(world, family);
            assert_eq!(counted, expected(&weights, family, Slots::Large, &flows, HashFields::L4));
            for (uplink, weight) in weights {
                let share = counted[&uplink] as f64 / f64::from(FLOWS);
                assert!((share - f64::from(weight) / 6.0).abs() < 0.01, "uplink {uplink}: {share}");
            }
        }
    });
}

#[test]
fn errors_and_parts_go_where_their_connection_goes() {
    in_world(|world| {
        let weights = [(1, 1), (2, 1), (3, 1), (4, 1)];
        world.set(&shared_among(&weights, Slots::Small, Hook::Tc));
        let goes = |frame: &[u8], family| {
            let before = counts(world, family);
            world.send_only(Hook::Tc, frame, 1);
            let after = counts(world, family);
            after.into_iter().find(|(uplink, count)| *count > before[uplink]).expect("it went somewhere").0
        };
        for family in [4, 6] {
            for number in 0..200 {
                let flow = flow(family, number);
                assert_eq!(
                    goes(&crate::frame::error_about(flow), family),
                    goes(&plain(flow), family),
                    "{flow:?}"
                );
            }
        }
        for number in 0..200 {
            let flow = flow(4, number);
            let parts = [(0, true), (64, true), (128, false)];
            let first = goes(&crate::frame::fragment(flow, 0, true), 4);
            for (offset, more) in parts {
                assert_eq!(goes(&crate::frame::fragment(flow, offset, more), 4), first, "{flow:?}");
            }
        }
        let begins = |flow| packet(flow, Extras { syn: true, ..Extras::default() });
        let flow = tcp(flow(4, 1));
        assert_eq!(goes(&begins(flow), 4), goes(&plain(flow), 4));
    });
}
