//! Random configurations of one router, each an edit away from the one before.
//!
//! All of them translate what leaves by an uplink, but for what goes through a tunnel, and all of them have two filters:
//! nothing goes to [`FORBIDDEN_PORT`], and nothing comes from [`BLOCKED`].

mod text;

use rosc::trace::Numbers;

/// So many uplinks there are: `wan1` and so on, with the networks 172.16.1.0/24 and so on.
pub(super) const UPLINKS: usize = 4;
/// No configuration lets datagrams to this port pass.
pub(super) const FORBIDDEN_PORT: u16 = 8080;
/// No configuration lets this host out.
pub(super) const BLOCKED: &str = "192.168.88.200";
/// The hosts that send: by the main table, by a routing rule, by classes of connections, by a connection mark of its own,
/// by a list.
pub(super) const HOSTS: [&str; 6] =
    ["192.168.88.10", "192.168.88.20", "192.168.88.40", "192.168.88.41", "192.168.88.60", "192.168.88.70"];

/// Prefixes of the list that hold [`BLOCKED`], each in its own way.
const BLOCKING: [&str; 5] = [
    "192.168.88.200",
    "192.168.88.200/31",
    "192.168.88.192/26",
    "192.168.88.199-192.168.88.210",
    "192.168.88.150-192.168.88.201",
];

/// A configuration.
#[derive(Debug, Clone)]
pub(super) struct Configuration {
    uplinks: [Uplink; UPLINKS],
    /// The uplinks of the default route.
    default: Vec<usize>,
    /// Those of the route behind it, and its distance.
    backup: Option<(usize, u8)>,
    /// The uplink of a network of its own.
    apart: Option<usize>,
    /// The uplink through which a network is reached untranslated.
    tunnel: Option<usize>,
    /// Where each uplink's table goes, and whether it has a route behind that.
    tables: [(usize, bool); UPLINKS],
    /// Into how many classes connections are divided.
    classes: usize,
    /// The uplink of the host with a mark of its own, if it has one.
    own_mark: Option<usize>,
    /// Whether that host gets out with a mark only.
    marked_only: bool,
    /// The uplink of the hosts on a list.
    listed: Option<usize>,
    backwards: bool,
    translation: Translation,
    rules: Vec<Rule>,
    filters: Vec<&'static str>,
    blocking: Vec<&'static str>,
    noise: Vec<u8>,
    /// Whether runs of rules are merged.
    pub(super) merged: bool,
}

#[derive(Debug, Clone, Copy)]
struct Uplink {
    on: bool,
    /// The last part of the router's address that masquerading takes.
    address: u8,
    /// Whether there is a further address.
    second: bool,
}

#[derive(Debug, Clone, Copy)]
enum Translation {
    Masquerade,
    ToFirst,
    ToSecond,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Rule {
    source: &'static str,
    table: usize,
    only: bool,
}

const HARMLESS: [&str; 4] = [
    "action=drop chain=forward in-interface=lan protocol=udp dst-port=80 src-address=192.168.88.20",
    "action=drop chain=forward in-interface=lan dst-address=198.18.66.0/24",
    "action=accept chain=forward in-interface=lan src-address=192.168.88.10 protocol=tcp dst-port=443",
    "action=passthrough chain=forward in-interface=lan",
];

impl Configuration {
    /// The first configuration.
    pub(super) fn first() -> Self {
        Self {
            uplinks: [Uplink { on: true, address: 2, second: false }; UPLINKS],
            default: vec![0],
            backup: Some((1, 5)),
            apart: None,
            tunnel: None,
            tables: [(0, true), (1, true), (2, false), (3, false)],
            classes: 2,
            own_mark: None,
            marked_only: false,
            listed: None,
            backwards: false,
            translation: Translation::Masquerade,
            rules: Vec::new(),
            filters: vec![ESTABLISHED, FORBIDDEN, DROP_BLOCKED, HARMLESS[1]],
            blocking: vec![BLOCKING[0]],
            noise: Vec::new(),
            merged: true,
        }
    }

    /// Changes something. Returns what.
    pub(super) fn edit(&mut self, numbers: &mut Numbers) -> &'static str {
        let uplink = numbers.below(UPLINKS);
        match numbers.below(21) {
            0 => self.turn(uplink),
            1 => {
                self.uplinks[uplink].address = 6 - self.uplinks[uplink].address;
                "address"
            }
            2 => {
                self.uplinks[uplink].second ^= true;
                "second address"
            }
            3 | 4 => {
                toggle(&mut self.default, uplink);
                "gateways"
            }
            5 => {
                self.default.reverse();
                self.backup = (numbers.below(3) > 0).then(|| (uplink, [2, 5, 9][numbers.below(3)]));
                "distance"
            }
            6 => {
                self.apart = (numbers.below(3) > 0).then_some(uplink);
                "route"
            }
            7 => {
                self.tunnel = (self.tunnel.is_none()).then_some(uplink);
                "tunnel"
            }
            8 | 9 => {
                self.tables[numbers.below(UPLINKS)] = (uplink, numbers.below(2) == 0);
                "table"
            }
            10 | 11 => {
                self.classes = 2 + numbers.below(3);
                "classes"
            }
            12 => {
                self.own_mark = (self.own_mark.is_none()).then_some(uplink);
                self.marked_only = numbers.below(3) > 0;
                "mark of a host"
            }
            13 => {
                self.listed = (numbers.below(3) > 0).then_some(uplink);
                "marked list"
            }
            14 => {
                self.backwards ^= true;
                "order of mangle"
            }
            15 | 16 => {
                use Translation::{Masquerade, ToFirst, ToSecond};
                self.translation = [Masquerade, ToFirst, ToSecond][numbers.below(3)];
                "translation"
            }
            17 => {
                let source = ["192.168.88.20/32", "192.168.88.16/28"][numbers.below(2)];
                let rule = Rule { source, table: uplink, only: numbers.below(2) == 0 };
                toggle(&mut self.rules, rule);
                "routing rule"
            }
            18 => {
                let place = numbers.below(self.filters.len());
                let filter = self.filters.remove(place);
                self.filters.insert(numbers.below(self.filters.len() + 1), filter);
                toggle(&mut self.filters, HARMLESS[numbers.below(HARMLESS.len())]);
                "filters"
            }
            19 => {
                self.blocking = vec![BLOCKING[numbers.below(BLOCKING.len())]];
                toggle(&mut self.noise, u8::try_from(numbers.below(64)).expect("below 64"));
                "list"
            }
            _ => {
                self.merged ^= true;
                "merging"
            }
        }
    }

    /// Takes an uplink out of use, or into it. Two are always in use.
    fn turn(&mut self, uplink: usize) -> &'static str {
        let on = self.uplinks.iter().filter(|uplink| uplink.on).count();
        if !self.uplinks[uplink].on || on > 2 {
            self.uplinks[uplink].on ^= true;
        }
        "uplink"
    }

    /// Says whether the router has an address in this configuration.
    pub(super) fn has_address(&self, address: std::net::Ipv4Addr) -> bool {
        let [_, _, third, last] = address.octets();
        let uplink = self.uplinks.get(usize::from(third).wrapping_sub(1));
        uplink.is_some_and(|uplink| uplink.on && (last == uplink.address || (uplink.second && last == 3)))
    }

    /// An uplink in use: this one, or another one instead of it.
    fn instead(&self, uplink: usize) -> usize {
        (0..UPLINKS).map(|n| (uplink + n) % UPLINKS).find(|&n| self.uplinks[n].on).expect("two are in use")
    }

    fn in_use(&self) -> impl Iterator<Item = usize> {
        (0..UPLINKS).filter(|&uplink| self.uplinks[uplink].on)
    }
}

const ESTABLISHED: &str =
    "action=accept chain=forward in-interface=!lan connection-state=established,related";
const FORBIDDEN: &str = "action=drop chain=forward in-interface=lan protocol=udp dst-port=8080";
const DROP_BLOCKED: &str = "action=drop chain=forward in-interface=lan src-address-list=blocked";
fn toggle<T: PartialEq>(list: &mut Vec<T>, item: T) {
    match list.iter().position(|other| *other == item) {
        Some(place) => drop(list.remove(place)),
        None => list.push(item),
    }
}
