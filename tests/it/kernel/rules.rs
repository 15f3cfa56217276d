//! Each matcher and each action, tried with packets that it is for and with others.

mod actions;
mod matchers;
mod twice;

use crate::kernel::router_of;
use actions::Fate;
use rosc::catalog::types::Keyword;
use rosc::catalog::{self, FilterVerb, MangleVerb, Menu, NatVerb, RawVerb, Support, Verb};
use rosc::ir::Router;
use rosc::lab::verify::{Trial, Verdict};
use rosc::render::trace::packet_words;
use rosc::trace::request::{Word, parse};
use rosc::trace::{Arrival, End};
use rosc_target::Origin;
use std::collections::BTreeSet;

/// Two uplinks and two networks, of both families.
const BASE: &str = "/ip address
add address=198.51.100.2/30 interface=wan1
add address=203.0.113.2/30 interface=wan2
add address=192.168.88.1/24 interface=lan
add address=10.9.0.1/24 interface=dmz
/ipv6 address
add address=2001:db8:1::2/64 interface=wan1 no-dad=yes advertise=no
add address=2001:db8:88::1/64 interface=lan no-dad=yes advertise=no
add address=2001:db8:9::1/64 interface=dmz no-dad=yes advertise=no
/ip route
add gateway=198.51.100.1
add gateway=198.51.100.1 routing-table=t1
/ipv6 route
add gateway=2001:db8:1::1
add gateway=2001:db8:1::1 routing-table=t1
/interface list
add name=WAN
add name=LAN
/interface list member
add list=WAN interface=wan1
add list=LAN interface=lan
/ip firewall address-list
add list=some address=192.168.88.0/24
add list=far address=192.0.2.1-192.0.2.9
/ipv6 firewall address-list
add list=some address=2001:db8:88::/64
add list=far address=2001:db8:ff::/48
/routing table
add name=t1 fib
";

/// A rule, and what it should and should not match.
#[derive(Debug, Clone, Copy)]
struct Case {
    /// What the case is for.
    property: &'static str,
    family: Family,
    /// What the rule needs beside it.
    more: &'static str,
    rule: &'static str,
    packets: &'static [Packet],
}

/// A packet, in the words of `rosc trace`.
#[derive(Debug, Clone, Copy)]
struct Packet {
    words: &'static str,
    is_met: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Ip,
    Ip6,
}

impl Family {
    fn menu(self) -> &'static str {
        match self {
            Self::Ip => "/ip firewall filter",
            Self::Ip6 => "/ipv6 firewall filter",
        }
    }
}

fn arrival(words: &str, router: &Router) -> Arrival {
    let words: Vec<Word<'_>> = words.split(' ').map(|word| (word, Origin::IMPLIED)).collect();
    parse(&words, Origin::IMPLIED, router).expect("a packet").arrival
}

#[test]
fn every_matcher_meets_what_it_is_for_and_nothing_else() {
    for case in matchers::CASES {
        let Case { family, more, rule, packets, .. } = case;
        let text = format!("{BASE}{more}\n{} add chain=forward action=drop {rule}\n", family.menu());
        let Some(router) = router_of(&text) else { return };
        let mut trial = Trial::build(&router).expect("the router can be built");
        for packet in *packets {
            let verdict = trial.send(&arrival(packet.words, &router)).expect("a packet is sent");
            let is_met = match verdict {
                Verdict::Agrees(End::Dropped(_)) => true,
                Verdict::Agrees(End::Leaves { .. }) => false,
                other => panic!("{rule}: {}: {other:?}", packet.words),
            };
            assert_eq!(is_met, packet.is_met, "{rule}: {}", packet.words);
        }
    }
}

/// The menus of rules of a family.
fn menus(family: Family) -> [&'static Menu; 4] {
    use catalog as c;
    match family {
        Family::Ip => {
            [&c::IP_FIREWALL_RAW, &c::IP_FIREWALL_MANGLE, &c::IP_FIREWALL_NAT, &c::IP_FIREWALL_FILTER]
        }
        Family::Ip6 => {
            [&c::IPV6_FIREWALL_RAW, &c::IPV6_FIREWALL_MANGLE, &c::IPV6_FIREWALL_NAT, &c::IPV6_FIREWALL_FILTER]
        }
    }
}

/// Of a hundred packets so many are met: how many of these is left to chance.
#[test]
fn so_many_of_a_hundred_packets_are_met() {
    for (family, packet) in [
        (Family::Ip, "in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp dport=53"),
        (Family::Ip6, "in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=udp dport=53"),
    ] {
        let text = format!("{BASE}{} add chain=forward action=drop random=30\n", family.menu());
        let Some(router) = router_of(&text) else { return };
        let mut trial = Trial::build(&router).expect("the router can be built");
        let packet = arrival(packet, &router);
        let met = (0..400).filter(|_| {
            let verdict = trial.send(&packet).expect("a packet is sent");
            matches!(verdict, Verdict::Agrees(End::Dropped(_)))
        });
        // Six standard deviations around 120.
        assert!((65..175).contains(&met.count()));
    }
}

#[test]
fn a_rule_with_a_time_meets_packets_then() {
    const DAY: i32 = 24 * 3600;
    let now = jiff::Zoned::now();
    let second = i32::from(now.time().hour()) * 3600 + i32::from(now.time().minute()) * 60;
    // Half an hour around now; should it be midnight soon, that is of both days.
    let time = |from: i32, to: i32| {
        format!("{}s-{}s", (second + from).rem_euclid(DAY), (second + to).rem_euclid(DAY))
    };
    let (about_now, later) = (time(-900, 900), time(7200, 9000));
    let every = "sun,mon,tue,wed,thu,fri,sat";
    let words = "in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp dport=53";
    for (rule, is_met) in [
        (format!("time={about_now},{every}"), true),
        (format!("time=!{about_now},{every}"), false),
        (format!("time={later},{every}"), false),
        (format!("time=!{later},{every}"), true),
        (format!("time=0s-1d,{every}"), true),
    ] {
        let text = format!("{BASE}/ip firewall filter add chain=forward action=drop {rule}\n");
        let Some(router) = router_of(&text) else { return };
        let mut trial = Trial::build(&router).expect("the router can be built");
        let verdict = trial.send(&arrival(words, &router)).expect("a packet is sent");
        let was_met = matches!(verdict, Verdict::Agrees(End::Dropped(_)));
        assert_eq!(was_met, is_met, "{rule}: {verdict:?}");
    }
}

#[test]
fn every_action_does_what_it_is_for() {
    for actions::Case { action, family: _, lines, packets } in actions::CASES {
        let Some(router) = router_of(&format!("{BASE}{lines}\n")) else { return };
        let mut trial = Trial::build(&router).expect("the router can be built");
        for (words, expected) in *packets {
            let verdict = trial.send(&arrival(words, &router)).expect("a packet is sent");
            let Verdict::Agrees(end) = verdict else { panic!("{action}: {words}: {verdict:?}") };
            let is_so = match (expected, &end) {
                (Fate::Leaves(as_words), End::Leaves { packet, .. }) => packet_words(packet) == *as_words,
                (Fate::Dropped, End::Dropped(_)) | (Fate::Reset, End::Reset(_)) => true,
                (Fate::Refused(with), End::Refused(error, _)) => error.word() == *with,
                _ => false,
            };
            assert!(is_so, "{action}: {words}: {expected:?}, but {end:?}");
        }
    }
}

/// The actions of a menu's rules that are not refused, each with the menu.
fn actions<V>(menu: &str) -> Vec<String>
where
    Verb<V>: Keyword,
{
    let lowered = Verb::<V>::WORDS.iter().filter(|(_, verb)| !matches!(verb, Verb::Refused(_)));
    lowered.map(|(word, _)| format!("{menu} {word}")).collect()
}

#[test]
fn no_action_is_without_a_case() {
    // Every menu has these, and the same code does them.
    const OF_ALL: &[&str] = &[
        "accept",
        "add-dst-to-address-list",
        "add-src-to-address-list",
        "jump",
        "log",
        "passthrough",
        "return",
    ];
    for family in [Family::Ip, Family::Ip6] {
        let of_other_family: &[&str] = match family {
            Family::Ip => &["mangle change-hop-limit"],
            Family::Ip6 => &["mangle change-ttl", "mangle clear-df"],
        };
        let own =
            [actions::<RawVerb>("raw"), actions::<MangleVerb>("mangle"), actions::<NatVerb>("nat")].concat();
        let own = own
            .into_iter()
            .filter(|action| !OF_ALL.iter().any(|of_all| action.ends_with(&format!(" {of_all}"))));
        let all: BTreeSet<String> = own.chain(actions::<FilterVerb>("filter")).collect();
        let tried: BTreeSet<String> = actions::CASES
            .iter()
            .filter(|case| case.family == family)
            .map(|case| case.action.to_owned())
            .chain(of_other_family.iter().map(|action| (*action).to_owned()))
            .collect();
        assert_eq!(all.difference(&tried).collect::<Vec<_>>(), Vec::<&String>::new(), "{family:?}");
    }
}

/// Properties that say what a rule does, or where, or that nothing is to be seen of.
const NO_MATCHERS: &[&str] = &[
    "action",
    "address-list",
    "address-list-timeout",
    "chain",
    "comment",
    "disabled",
    "hw-offload",
    "jump-target",
    "log",
    "log-prefix",
    "new-connection-mark",
    "new-dscp",
    "new-hop-limit",
    "new-mss",
    "new-packet-mark",
    "new-priority",
    "new-routing-mark",
    "new-ttl",
    "passthrough",
    "randomise-ports",
    "reject-with",
    "same-not-by-dst",
    "to-address",
    "to-addresses",
    "to-ports",
];

#[test]
fn no_matcher_is_without_a_case() {
    for family in [Family::Ip, Family::Ip6] {
        let lowered = menus(family).into_iter().flat_map(Menu::properties).filter(|property| {
            matches!(
                property.support,
                Support::Same | Support::SameAs(_) | Support::Depends(_) | Support::Close(_)
            )
        });
        let matchers: BTreeSet<&str> =
            lowered.map(|property| property.name).filter(|name| !NO_MATCHERS.contains(name)).collect();
        let of_family = matchers::CASES.iter().filter(|case| case.family == family);
        // The last two have tests of their own.
        let tried: BTreeSet<&str> = of_family.map(|case| case.property).chain(["random", "time"]).collect();
        assert_eq!(matchers.difference(&tried).collect::<Vec<_>>(), Vec::<&&str>::new(), "{family:?}");
    }
}
