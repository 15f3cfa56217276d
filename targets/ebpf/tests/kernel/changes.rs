//! Changes of the fast path itself: made, undone, cut off, and gone.

use crate::frame::{flow, plain};
use crate::shared::group_name;
use crate::world::{TC_REDIRECT, in_world, ip, route_all_ways, shared_among};
use rosc_ebpf::{Change, EbpfTarget, Hook, Slots, State};
use rosc_target::Target;

fn changes(world: &mut crate::world::World, state: &State) -> Vec<Change> {
    let observed = world.target.observe().expect("it can be read");
    EbpfTarget::diff(state, &observed).changes
}

#[test]
fn nothing_is_left_where_nothing_is_wanted() {
    in_world(|world| {
        assert_eq!(changes(world, &State::default()), []);
        world.set(&shared_among(&[(1, 1), (2, 1)], Slots::Small, Hook::Tc));
        assert!(world.has_pins());
        world.set(&State::default());
        assert!(!world.has_pins());
        assert_eq!(changes(world, &State::default()), []);
    });
}

#[test]
fn a_change_that_stops_at_any_point_is_undone_and_can_be_made_again() {
    in_world(|world| {
        let empty = State::default();
        let small = shared_among(&[(1, 1), (2, 1)], Slots::Small, Hook::Tc);
        let other = shared_among(&[(1, 3), (3, 1), (4, 2)], Slots::Small, Hook::Tc);
        for (from, to) in [(&empty, &small), (&small, &other), (&other, &empty)] {
            world.set(from);
            let all = changes(world, to);
            for count in 0..=all.len() {
                world.target.apply(&all[..count]).expect("it can be made");
                world.target.undo(&all).expect("it can be undone");
                let observed = world.target.observe().expect("it can be read");
                assert_eq!(&observed.state, from, "behind {count} of {} changes", all.len());
                assert_eq!(changes(world, to), all);
            }
        }
    });
}

#[test]
fn what_somebody_takes_away_comes_back_with_the_next_apply() {
    in_world(|world| {
        let state = shared_among(&[(1, 1), (2, 1)], Slots::Small, Hook::Tc);
        world.set(&state);
        // With a device go its attachment and the groups' way to it.
        ip("link del lan");
        ip("link del wan2");
        assert!(!changes(world, &state).is_empty());
        for device in ["lan", "wan2"] {
            ip(&format!("link add {device} type veth peer name {device}-peer"));
            std::fs::write(format!("/proc/sys/net/ipv6/conf/{device}-peer/disable_ipv6"), "1")
                .expect("a setting");
            ip(&format!("link set {device}-peer up"));
        }
        ip("link set lan address 02:00:00:00:00:01");
        ip("link set lan up");
        ip("link set wan2 up");
        route_all_ways();
        world.set(&state);
        std::fs::remove_file(world.pin("groups")).expect("a pin");
        world.set(&state);
        assert_eq!(world.send(Hook::Tc, &plain(flow(4, 1))).0, TC_REDIRECT);
    });
}

#[test]
fn programs_of_another_build_are_replaced_with_everything_that_was_there() {
    in_world(|world| {
        let state = shared_among(&[(1, 1), (2, 1)], Slots::Small, Hook::Tc);
        world.set(&state);
        let group = group_name(4);
        for number in 0..100 {
            world.send_only(Hook::Tc, &plain(flow(4, number)), 1);
        }
        let before = world.counters().groups[&group].clone();
        // As another build would have named its own.
        let own = world.build_pin();
        std::fs::rename(&own, own.with_file_name("build-0123456789abcdef")).expect("a pin");
        let all = changes(world, &state);
        assert!(matches!(all[..], [Change::Programs(_)]), "{all:?}");
        world.set(&state);
        assert_eq!(world.counters().groups[&group], before);
        assert_eq!(world.send(Hook::Tc, &plain(flow(4, 1))).0, TC_REDIRECT);
    });
}
