//! A machine that is not there: for comparing two states with each other.

use crate::diff::place_all;
use crate::{
    AddressOwner, Device, DeviceName, DeviceState, Foreign, LinkKind, Observed, ObservedAddress,
    ObservedBridge, PROTOCOL, State,
};
use std::collections::BTreeSet;

impl Observed {
    /// What would be read on a machine that has this state and nothing of others, but for the devices that this
    /// state or the other one expects to find.
    pub fn assumed(state: &State, other: &State) -> Self {
        let expected = |state: &State| -> Vec<DeviceName> {
            let links = state.links().iter().filter(|link| link.kind == LinkKind::Existing);
            let links = links.map(|link| link.name.clone());
            let addresses = state.addresses().iter().map(|address| address.device.clone());
            let routes =
                state.routes().iter().flat_map(|route| route.next_hops().map(|hop| hop.device.clone()));
            links.chain(addresses).chain(routes).collect()
        };
        let made: BTreeSet<&DeviceName> = other
            .links()
            .iter()
            .filter(|link| link.kind != LinkKind::Existing)
            .map(|link| &link.name)
            .collect();
        let mut names: BTreeSet<DeviceName> =
            expected(state).into_iter().chain(expected(other)).filter(|name| !made.contains(name)).collect();
        names.extend(state.links().iter().map(|link| link.name.clone()));
        let devices = (1..).zip(names).map(|(index, name)| assumed_device(state, name, index));
        let addresses = state.addresses().iter().cloned();
        Self {
            state: state.clone().owned(),
            rule_preferences: place_all(state).iter().map(|placed| placed.preference).collect(),
            devices: devices.collect(),
            addresses: addresses
                .map(|address| ObservedAddress {
                    address,
                    owner: AddressOwner::Rosc,
                    protocol: Some(PROTOCOL),
                    secondary: false,
                })
                .collect(),
            foreign: Foreign::default(),
        }
    }
}

fn assumed_device(state: &State, name: DeviceName, index: u32) -> Device {
    let link = state.links().iter().find(|link| link.name == name);
    let master = link.and_then(|link| link.master.clone());
    let bridge = link.and_then(|link| match &link.kind {
        LinkKind::Existing => None,
        LinkKind::Bridge(bridge) => Some(ObservedBridge { bridge: bridge.clone(), owned: true }),
    });
    Device {
        name,
        index,
        kind: bridge.as_ref().map(|_| "bridge".to_owned()),
        state: DeviceState { up: true, marked: master.is_some(), master },
        running: true,
        mac: None,
        mtu: 1500,
        parent: None,
        bridge,
        promotes_secondaries: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, Change, DuplicateDetection, Link, compare};
    use rosc_target::Origin;

    fn state(address: &str) -> State {
        let (local, prefix_len) = address.split_once('/').unwrap();
        let device = DeviceName::new("eth0").unwrap();
        let link =
            Link { origin: Origin::IMPLIED, name: device.clone(), kind: LinkKind::Existing, master: None };
        let address = Address {
            origin: Origin::IMPLIED,
            device,
            local: local.parse().unwrap(),
            prefix_len: prefix_len.parse().unwrap(),
            peer: None,
            duplicate_detection: DuplicateDetection::Perform,
        };
        State::new(vec![link], vec![address], Vec::new(), Vec::new()).unwrap()
    }

    #[test]
    fn a_state_does_not_differ_from_itself() {
        let state = state("192.0.2.1/24");
        let comparison = compare(&state, &Observed::assumed(&state, &state));
        assert_eq!((comparison.changes, comparison.conflicts), (Vec::new(), Vec::new()));
    }

    #[test]
    fn only_what_the_states_own_differs() {
        let (before, after) = (state("192.0.2.1/24"), state("192.0.2.2/24"));
        let changes = compare(&after, &Observed::assumed(&before, &after)).changes;
        let shown: Vec<String> = changes.iter().map(Change::to_string).collect();
        assert_eq!(shown, ["address add 192.0.2.2/24 dev eth0", "address delete 192.0.2.1/24 dev eth0"]);
    }
}
