//! Items that a router has by itself: the services of `/ip firewall service-port`, which are only set.

use crate::scripts::{leaves, value_of};
use crate::stages::{check, text};
use rosc::compile::{Options, compile};
use rosc::diagnostic::Code;
use rosc::export::export;
use rosc::script::evaluate;

const MENU: &str = "/ip firewall service-port";

/// The services that are on, with the ports of those that have any.
fn services(script: &str) -> String {
    let router = compile(&text(script), Options::default()).router;
    let shown = router.service_ports.iter().map(|port| {
        let ports = port.ports.iter().flat_map(|ports| ports.ranges()).map(|(first, _)| format!(" {first}"));
        format!("{:?}{}", port.service, ports.collect::<String>()).to_lowercase()
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[test]
fn what_is_not_mentioned_is_as_a_router_has_it() {
    assert_eq!(services(""), "ftp 21, tftp 69, h323, sip 5060, pptp, udplite, dccp, sctp");
    leaves("", "");
    assert_eq!(check(&text("/ip address\n")), []);
}

#[test]
fn services_are_named_found_and_numbered() {
    leaves(
        &format!(
            "{MENU}\nset ftp,tftp disabled=yes\nset [find where name=sip] ports=5060 sip-timeout=10m\n\
             set 3 disabled=yes\ndisable pptp\nenable irc,sip\n"
        ),
        "/ip/firewall/service-port
         set ftp disabled=yes
         set tftp disabled=yes
         set irc disabled=no
         set h323 disabled=yes
         set sip ports=5060 sip-timeout=10m disabled=no
         set pptp disabled=yes",
    );
    let all_off = format!(":foreach service in=[{MENU} find] do={{{MENU} set $service disabled=yes}}");
    assert_eq!(services(&all_off), "");
    assert_eq!(
        services(&format!("{MENU} set irc disabled=no ports=7000")).split(", ").nth(2),
        Some("irc 7000")
    );
}

#[test]
fn a_script_reads_what_a_router_has_by_itself() {
    assert_eq!(value_of(&format!("[{MENU} get ftp ports]")), "21");
    assert_eq!(value_of(&format!("[:len [{MENU} find where disabled=yes]]")), "2");
    assert_eq!(value_of(&format!("[{MENU} get [find name=sctp] disabled]")), "no");
}

#[test]
fn only_what_a_configuration_says_of_services_is_exported() {
    let script = format!("{MENU}\ndisable ftp\nenable rtsp\nset sip sip-direct-media=no\n");
    let exported = export(&evaluate(&text(&script), None).database, true).text;
    let lines: Vec<&str> = exported.lines().skip(1).collect();
    assert_eq!(lines, [MENU, "set ftp disabled=yes", "set sip sip-direct-media=no", "set rtsp disabled=no"]);
    let again = export(&evaluate(&text(&exported), None).database, true).text;
    assert_eq!(again, exported);
    assert_eq!(export(&evaluate(&text("/ip address\n"), None).database, true).text.lines().count(), 1);
}

#[test]
fn a_service_that_is_off_is_the_same_and_one_that_is_asked_for_is_warned_of() {
    let codes = |line: &str| -> Vec<Code> {
        check(&text(&format!("{MENU} {line}\n"))).iter().map(|diagnostic| diagnostic.code).collect()
    };
    for same in [
        "set ftp disabled=yes",
        "disable ftp,tftp,h323,sip,pptp",
        "set sctp disabled=no",
        "set irc ports=6668",
        "set ftp disabled=no",
        "enable irc",
        "set sip ports=5060",
    ] {
        assert_eq!(codes(same), [], "{same}");
    }
    for close in
        ["enable rtsp", "set rtsp disabled=no ports=8554", "set sctp disabled=yes", "set sip sip-timeout=2h"]
    {
        assert_eq!(codes(close), [Code::CloseProperty], "{close}");
    }
    assert_eq!(codes("set nonsense disabled=yes"), [Code::NoSuchItem]);
}

#[test]
fn patterns_are_kept_and_their_use_is_refused() {
    let pattern = "/ip firewall layer7-protocol add name=videos regexp=\"^.+(youtube).*\\$\"\n";
    assert_eq!(check(&text(pattern)), []);
    let used =
        format!("{pattern}/ip firewall mangle add action=accept chain=forward layer7-protocol=videos\n");
    let codes: Vec<Code> = check(&text(&used)).iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, [Code::RefusedProperty]);
    let twice: Vec<Code> =
        check(&text(&pattern.repeat(2))).iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(twice, [Code::Duplicate]);
}
