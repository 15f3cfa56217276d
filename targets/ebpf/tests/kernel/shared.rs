//! What tests and benches have in common: a fast path that shares everything among uplinks, and how packets come to its
//! programs.

use ipnet::IpNet;
use rosc_ebpf::{
    BpfFs, By, Group, GroupName, HashFields, Hook, Member, NextHop, Port, Slots, State, Takes, Way, Weight,
};
use rosc_target::Origin;
use rustix::net::{AddressFamily, SocketType, netdevice, socket};
use std::path::PathBuf;

/// The device that packets come in by.
pub(crate) const LAN: &str = "lan";
/// Its address.
pub(crate) const LAN_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];

/// How everything that comes in by the LAN is shared: by a group of each family.
pub(crate) struct Sharing<'a> {
    /// Uplinks by their numbers, with weights.
    pub(crate) members: &'a [(u8, u16)],
    /// What an uplink leads to in a family.
    pub(crate) next_hop: fn(u8, u8) -> NextHop,
    pub(crate) slots: Slots,
    pub(crate) drain: u32,
    pub(crate) hook: Hook,
    /// What goes by no group.
    pub(crate) others: &'a [(&'a str, By)],
}

impl Sharing<'_> {
    pub(crate) fn state(&self) -> State {
        let member = |family, (uplink, weight): &(u8, u16)| {
            let weight = Weight::new(*weight).expect("not zero");
            ((self.next_hop)(*uplink, family), Member::of_weight(weight))
        };
        let group = |family| Group {
            origin: Origin::IMPLIED,
            hash: HashFields::L4,
            slots: self.slots,
            drain: self.drain,
            members: self.members.iter().map(|of| member(family, of)).collect(),
        };
        let way = |(prefix, by): (&str, By)| {
            let prefix: IpNet = prefix.parse().expect("a prefix");
            (prefix, Way { origin: Origin::IMPLIED, by })
        };
        let shared = [("0.0.0.0/0", 4), ("::/0", 6)];
        let shared = shared.map(|(prefix, family)| (prefix, By::Group(group_name(family))));
        let port = Port {
            origin: Origin::IMPLIED,
            hook: self.hook,
            takes: Takes { routed: true, ..Takes::default() },
        };
        State {
            ports: [(LAN.parse().expect("a name"), port)].into(),
            connections: None,
            groups: [4, 6].map(|family| (group_name(family), group(family))).into(),
            ways: shared.into_iter().chain(self.others.iter().cloned()).map(way).collect(),
        }
    }
}

pub(crate) fn group_name(family: u8) -> GroupName {
    format!("all of IPv{family}").parse().expect("a name")
}

/// What a program is told of a packet besides its bytes: the device that it has come in by.
pub(crate) fn context(hook: Hook, ifindex: u32, frame: &[u8]) -> Vec<u8> {
    let index = ifindex.to_ne_bytes();
    match hook {
        // `ifindex` of `struct __sk_buff`.
        Hook::Tc => {
            let mut context = vec![0; 192];
            context[40..44].copy_from_slice(&index);
            context
        }
        // `data_end` and `ingress_ifindex` of `struct xdp_md`.
        Hook::Xdp => {
            let mut context = vec![0; 24];
            let length = u32::try_from(frame.len()).expect("a short frame");
            context[4..8].copy_from_slice(&length.to_ne_bytes());
            context[12..16].copy_from_slice(&index);
            context
        }
    }
}

/// The number of a device of the calling thread's namespace.
pub(crate) fn index(device: &str) -> u32 {
    let socket = socket(AddressFamily::INET, SocketType::DGRAM, None).expect("a socket");
    netdevice::name_to_index(&socket, device).expect("a device")
}

/// The path of a pin of the only namespace that has any there.
pub(crate) fn pin(bpf_fs: &BpfFs, name: &str) -> PathBuf {
    let own = std::fs::read_dir(bpf_fs.path().join("rosc")).expect("pins").next();
    own.expect("a namespace").expect("a name").path().join(name)
}
