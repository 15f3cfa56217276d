//! `--adopt`: what others have made, and stands where something wanted belongs, becomes rosc's, or theirs again.

use super::machine::Box;
use crate::cli::Files;

const ROUTER: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n\
                      /ipv6 address add address=2001:db8::2/64 interface=ether1 advertise=no\n\
                      /ip route\nadd gateway=192.0.2.1\nadd dst-address=10.0.0.0/8 gateway=192.0.2.1,192.0.2.3\n\
                      add dst-address=10.9.0.0/16 gateway=192.0.2.1\n\
                      /ipv6 route add dst-address=::/0 gateway=2001:db8::1\n";

/// A machine that somebody has set up by hand, a little otherwise than is wanted.
fn machine(router: &str) -> Option<(Box, Files)> {
    let machine = Box::with_ports(&["ether1"])?;
    let ip = |line: &str| machine.run("ip", &line.split(' ').collect::<Vec<_>>());
    ip("link set ether1 up");
    ip("address add 192.0.2.2/24 dev ether1 broadcast 192.0.2.255");
    ip("address add 2001:db8::2/64 dev ether1 nodad");
    ip("route add default via 192.0.2.9 dev ether1 metric 1 proto static");
    ip(
        "route add 10.0.0.0/8 metric 1 proto 99 nexthop via 192.0.2.7 dev ether1 nexthop via 192.0.2.8 dev ether1",
    );
    ip("-6 route add default via 2001:db8::9 dev ether1 metric 1 proto static");
    Some((machine, Files::new([("router.rsc", router)])))
}

#[test]
fn what_stands_in_the_way_is_taken_over_and_changed_and_goes_with_the_rest() {
    let Some((machine, files)) = machine(ROUTER) else { return };
    let path = files.path("router.rsc");
    let before = machine.dump();
    let refused = machine.rosc(&["apply", &path]);
    assert!(refused.code == Some(1) && refused.err.contains("R0602"), "{}", refused.err);
    assert!(refused.err.contains("--adopt"), "it is offered: {}", refused.err);
    let shown = machine.rosc(&["apply", "--adopt", "--dry-run", &path]);
    assert!(shown.code == Some(0) && shown.out.contains("(was not rosc's)"), "{}{}", shown.out, shown.err);
    assert_eq!(machine.dump().differences(&before), "");

    let made = machine.rosc(&["apply", "--adopt", &path]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    let routes = machine.run("ip", &["route", "show", "proto", "200"]);
    for there in ["default via 192.0.2.1", "nexthop via 192.0.2.3", "10.9.0.0/16"] {
        assert!(routes.contains(there), "{there}: {routes}");
    }
    assert!(!machine.run("ip", &["route", "show"]).contains("192.0.2.9"), "it was replaced");
    assert!(machine.run("ip", &["-6", "route", "show", "default"]).contains("2001:db8::1"));
    assert_eq!(machine.rosc(&["apply", &path]).err, "nothing to change\n");

    assert_eq!(machine.rosc(&["apply", "--remove"]).code, Some(0));
    assert_eq!(machine.run("ip", &["route", "show"]), "");
    assert!(!machine.run("ip", &["address", "show", "dev", "ether1"]).contains("192.0.2.2"));
}

#[test]
fn what_was_taken_over_is_given_back_as_it_was() {
    let refused =
        format!("{ROUTER}/ip route add dst-address=10.10.0.0/16 gateway=192.0.2.1 pref-src=203.0.113.9\n");
    for (router, more, exit) in [(ROUTER, ["--confirm", "1s"].as_slice(), 3), (&refused, &[], 3)] {
        let Some((machine, files)) = machine(router) else { return };
        let before = machine.dump();
        let path = files.path("router.rsc");
        let line = [["apply", "--adopt"].as_slice(), more, &[&path]].concat();
        let ended = machine.rosc(&line);
        assert_eq!(ended.code, Some(exit), "{}", ended.err);
        assert_eq!(machine.dump().differences(&before), "", "{more:?}");
    }
}

#[test]
fn what_could_not_be_given_back_stays_in_the_way() {
    for line in [
        "route add default via 192.0.2.9 dev ether1 metric 1 mtu 1400",
        "route append default via 192.0.2.8 dev ether1 metric 1",
    ] {
        let Some((machine, files)) = machine(ROUTER) else { return };
        if line.contains("add") {
            machine.run("ip", &["route", "delete", "default"]);
        }
        machine.run("ip", &line.split(' ').collect::<Vec<_>>());
        let before = machine.dump();
        let refused = machine.rosc(&["apply", "--adopt", &files.path("router.rsc")]);
        assert!(refused.code == Some(1) && refused.err.contains("R0602"), "{line}: {}", refused.err);
        assert_eq!(machine.dump().differences(&before), "", "{line}");
    }
}
