//! What of a packet decides among gateways: for groups, and for the kernel where it decides itself.

use super::shared::LEFT_TO_THE_KERNEL;
use super::{by_default, forwarding, marking, router, shown, state, told, ways};
use crate::stages::{check, desired, text};
use rosc_ebpf::{By, EbpfTarget, HashFields, Observed};
use rosc_route::Family;
use rosc_target::Target;

const MASQUERADE: &str = "/ip firewall nat add action=masquerade chain=srcnat out-interface=ether1";
const IPV4_L3_INNER: &str = "/ip settings set ipv4-multipath-hash-policy=l3-inner";
/// A multipath route in a table that nothing leads to.
const OTHER_TABLE: &str = "/routing table add fib name=t1\n\
     /ip route add dst-address=198.18.0.0/15 gateway=192.0.2.1,192.0.2.9 routing-table=t1";

/// What is asked for, beside what else a configuration says.
fn asking(policy: &str, more: &str) -> String {
    router(&format!("/rosc fastpath set hash-policy={policy}\n{more}"))
}

/// What the groups of IPv4 and of IPv6 hash.
fn hashed(configuration: &str) -> Vec<HashFields> {
    state(configuration).groups.values().map(|group| group.hash).collect()
}

#[test]
fn the_settings_of_a_family_say_what_is_hashed_unless_it_is_asked_for() {
    let (l3, l4, inner) = (HashFields::L3, HashFields::L4, HashFields::L3_INNER);
    for auto in ["", "/rosc fastpath set hash-policy=auto\n"] {
        let hash = |more: &str| hashed(&router(&format!("{auto}{more}")));
        assert_eq!(hash(""), [l3, l3]);
        assert_eq!(hash("/ip settings set ipv4-multipath-hash-policy=l4"), [l4, l3]);
        assert_eq!(hash("/ipv6 settings set multipath-hash-policy=l4"), [l3, l4]);
        assert_eq!(hash(IPV4_L3_INNER), [inner, l3]);
        assert_eq!(hash("/ipv6 settings set multipath-hash-policy=l3-inner"), [l3, inner]);
    }
    let shown = shown(&router(IPV4_L3_INNER));
    assert!(shown.contains("group \"main 0.0.0.0/0\" hash source,destination,inner slots"), "{shown}");
    for (asked, fields) in [("l3", l3), ("l4", l4), ("l3-inner", inner)] {
        for settings in ["", IPV4_L3_INNER, "/ip settings set ipv4-multipath-hash-policy=l4"] {
            assert_eq!(hashed(&asking(asked, settings)), [fields; 2], "{asked}, {settings}");
        }
    }
}

#[test]
fn the_fields_of_a_classifier_are_hashed_alone() {
    for (asked, fields) in [
        ("src-address", "source"),
        ("dst-address", "destination"),
        ("both-addresses", "source,destination"),
        ("src-port", "source-port"),
        ("src-address-and-port", "source,source-port"),
        ("dst-port", "destination-port"),
        ("dst-address-and-port", "destination,destination-port"),
        ("both-ports", "source-port,destination-port"),
        ("both-addresses-and-ports", "source,destination,source-port,destination-port"),
    ] {
        for settings in ["", IPV4_L3_INNER] {
            let shown = shown(&asking(asked, settings));
            for family in ["0.0.0.0/0", "::/0"] {
                let wanted = format!("group \"main {family}\" hash {fields} slots 4099 drain 300s\n");
                assert!(shown.contains(&wanted), "{asked}: {shown}");
            }
        }
    }
}

#[test]
fn the_kernels_own_hash_is_that_of_the_settings_whatever_groups_hash() {
    let plain = desired(&text(&router(IPV4_L3_INNER)));
    for asked in ["l3", "l4", "l3-inner", "src-address"] {
        let asked = desired(&text(&asking(asked, IPV4_L3_INNER)));
        assert_eq!(asked.sysctl, plain.sysctl);
        assert_eq!(asked.route, plain.route);
    }
}

#[test]
fn what_the_kernel_shares_by_what_is_inside_of_tunnels_is_no_look_up_in_routes() {
    for line in LEFT_TO_THE_KERNEL {
        let left = |configuration: &str| by_default(&state(configuration), "0.0.0.0/0");
        let inner = format!("{line}\n{IPV4_L3_INNER}");
        assert_eq!(left(&router(line)), Some(By::Fib), "{line}");
        assert_eq!(left(&router(&inner)), Some(By::Stack), "{line}");
        // The program's look-up and the stack share alike, but as the settings say.
        for asked in ["l3", "l4", "l3-inner", "dst-port"] {
            assert_eq!(left(&asking(asked, line)), Some(By::Fib), "{asked}, {line}");
            assert_eq!(left(&asking(asked, &inner)), Some(By::Stack), "{asked}, {line}");
        }
    }
}

#[test]
fn other_tables_are_the_kernels_to_share() {
    let ipv4 = |configuration: &str| {
        let state = state(configuration);
        let forwards = !forwarding(&state, Family::Ipv4).is_empty() && ways(&state).0 > 0;
        (forwards, marking(&state, Family::Ipv4).len())
    };
    let inner = format!("{OTHER_TABLE}\n{IPV4_L3_INNER}");
    assert_eq!(ipv4(&router(&inner)), (false, 0));
    for asked in ["l3", "l4", "src-address"] {
        let configuration = asking(asked, &inner);
        assert_eq!(ipv4(&configuration), (false, 3), "gateways are chosen by what groups hash: {asked}");
        let told = told(&configuration);
        assert!(matches!(&told[..], [("R0504", place)] if place == "l3-inner"), "{told:?}");
    }
    assert_eq!(ipv4(&asking("l3-inner", OTHER_TABLE)), (true, 0));
    assert_eq!(ipv4(&asking("l3-inner", &inner)), (false, 0));
}

#[test]
fn a_tunnel_is_one_connection_to_who_keeps_connections() {
    let chosen = |configuration: &str| marking(&state(configuration), Family::Ipv4).len();
    let inner = format!("{MASQUERADE}\n{IPV4_L3_INNER}");
    assert_eq!(chosen(&router(&inner)), 0);
    assert_eq!(chosen(&asking("l3-inner", MASQUERADE)), 0);
    assert_eq!(told(&asking("l3-inner", MASQUERADE)), told(&router(&inner)));
    for asked in ["l3", "l4", "src-address", "both-ports", "both-addresses-and-ports"] {
        assert_eq!(chosen(&asking(asked, MASQUERADE)), 3, "{asked}");
        assert_eq!(chosen(&asking(asked, &inner)), 3, "{asked}");
    }
}

#[test]
fn other_fields_change_groups_and_nothing_else() {
    let (by_settings, by_source) = (state(&router("")), state(&asking("src-address", "")));
    let changes = EbpfTarget::diff(&by_source, &Observed::assumed(&by_settings)).changes;
    let shown: Vec<(Option<String>, String)> =
        changes.iter().map(|change| (change.was(), change.to_string())).collect();
    assert_eq!(shown.len(), 2, "{shown:?}");
    for (was, is) in shown {
        assert!(was.is_some_and(|was| was.starts_with("hash source,destination slots")));
        assert!(is.starts_with("fastpath group \"main ") && is.contains(" hash source slots"), "{is}");
    }
    // `auto` names no other fields than the settings do.
    let l4 = state(&router(
        "/ip settings set ipv4-multipath-hash-policy=l4\n/ipv6 settings set multipath-hash-policy=l4",
    ));
    assert_eq!(l4, state(&asking("l4", "")));
}

#[test]
fn what_is_no_policy_is_told_with_what_to_write() {
    for (wrong, help) in [
        ("both-address", "did you mean `both-addresses`?"),
        ("src-adress", "did you mean `src-address`?"),
        ("l5", "did you mean `l3`?"),
        ("everything", "one of auto, l3, l3-inner, l4, src-address, dst-address, both-addresses, "),
        ("both-addresses:3/0", "`both-addresses` alone: a gateway's share is its weight"),
        ("src-port:0/9", "`src-port` alone: "),
        ("both:2/0", "one of auto, l3, "),
    ] {
        let found = check(&text(&asking(wrong, "")));
        let errors: Vec<_> = found.iter().filter(|found| found.code.as_str() == "R0301").collect();
        let [error] = errors[..] else { panic!("{wrong}: {found:?}") };
        let told = error.help.as_deref().unwrap_or_default();
        assert!(told.contains(help), "{wrong}: {told}");
    }
}
