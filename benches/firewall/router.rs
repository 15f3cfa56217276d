//! A router with a large firewall, and the same with one line edited.

use std::fmt::Write;
use std::net::Ipv4Addr;

/// How large it is, and what is edited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rules: u32,
    pub(crate) entries: u32,
}

/// What is written otherwise. Each edit stands on the one before, so that going from one to the next is one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edit {
    Nothing,
    /// The rule in the middle.
    Rule,
    /// And the entry in the middle of the long address list.
    Entry,
}

/// Lists of customers, each with some prefixes; a tenth of all entries is theirs.
const CUSTOMERS: u32 = 100;
/// Interfaces of the router.
const PORTS: u32 = 8;
/// Chains that others jump to.
const SERVICES: u32 = 20;

impl Size {
    /// The configuration.
    pub(crate) fn configuration(self, edit: Edit) -> String {
        let mut out = String::from("/interface list\nadd name=WAN\n/interface list member\n");
        out.push_str("add interface=ether1 list=WAN\nadd interface=ether2 list=WAN\n");
        out.push_str("/ip firewall address-list\n");
        for index in 0..self.entries {
            let is_edited = edit == Edit::Entry && index == self.entries / 2 / 10 * 10 + 1;
            writeln!(out, "add {}", if is_edited { EDITED.to_owned() } else { self.entry(index) })
                .expect("writing to a string");
        }
        out.push_str("/ip firewall filter\n");
        for index in 0..self.rules {
            let is_edited = edit >= Edit::Rule && index == self.rules / 2;
            let comment = if is_edited { "edited" } else { "rule" };
            writeln!(out, "add {} comment=\"{comment} {index}\"", rule(index)).expect("writing to a string");
        }
        out
    }

    /// Addresses and prefixes that do not touch each other, far from sorted.
    fn entry(self, index: u32) -> String {
        if index.is_multiple_of(10) {
            let (customer, place) = (index / 10 % CUSTOMERS, index / 10 / CUSTOMERS);
            let address = Ipv4Addr::from_bits(0x6440_0000 + (customer << 14) + place * 8);
            return format!("address={address}/30 list=customer{customer}");
        }
        // Any odd factor permutes the numbers below a power of two.
        let place = index.wrapping_mul(40_503) % self.entries.next_power_of_two();
        let address = Ipv4Addr::from_bits(0x0b00_0000 + place * 16);
        let prefix = if index % 8 == 1 { "/29" } else { "" };
        format!("address={address}{prefix} list=blocked")
    }
}

const EDITED: &str = "address=198.51.100.77 list=blocked";

/// One rule of those that routers have: by state, by list, by address, by port, and jumps to chains of services.
fn rule(index: u32) -> String {
    let (interface, customer, service) =
        (index / 10 % PORTS + 1, index / 10 % CUSTOMERS, index / 10 % SERVICES);
    let (net, host, port) = (index / 250 % 250, index % 250, 1024 + index);
    match index % 10 {
        0 => format!(
            "chain=forward action=accept connection-state=established,related in-interface=ether{interface} \
             dst-address=10.{net}.{host}.0/24"
        ),
        1 => format!(
            "chain=forward action=drop src-address-list=blocked in-interface-list=WAN dst-address=10.{net}.{host}.0/24"
        ),
        2 => format!(
            "chain=input action=accept protocol=tcp dst-port={port} in-interface=ether{interface} \
             src-address=172.16.{net}.{host}"
        ),
        3 => format!(
            "chain=forward action=accept src-address-list=customer{customer} out-interface-list=WAN \
             protocol=udp dst-port=53,123,{port}"
        ),
        4 => format!(
            "chain=forward action=drop protocol=udp src-port={port}-{} dst-address=192.168.{net}.{host}",
            port + 9
        ),
        5 => {
            format!("chain=forward action=jump jump-target=service{service} dst-address=10.{net}.{host}.0/24")
        }
        6 => format!("chain=service{service} action=accept protocol=tcp dst-port=80,443,{port}"),
        7 => format!(
            "chain=service{service} action=drop connection-state=invalid src-address=10.{net}.{host}.1"
        ),
        8 => format!(
            "chain=input action=accept protocol=icmp icmp-options=8:0 limit=50,5:packet \
             src-address=172.17.{net}.{host}"
        ),
        _ => format!(
            "chain=forward action=reject reject-with=icmp-admin-prohibited dst-address-list=customer{customer} \
             src-address=172.18.{net}.{host} connection-state=new"
        ),
    }
}
