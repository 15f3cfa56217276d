//! What the kernel of a router does to connections.

use crate::router::{feed, ip, line, network};
use crate::shared::LAN;
use rosc_ebpf::{CONNECTION_MEMBER, CONNECTION_SHORT, Mark};
use std::process::Command;

/// Has the kernel share connections among the uplinks of the calling thread's namespace as routers do with PCC: a rule for
/// each class marks connections, another one for each mark has packets routed by it, and sources are translated.
pub(crate) fn mark_connections(uplinks: u8) {
    let mut rules =
        "table ip pcc {\n chain prerouting { type filter hook prerouting priority mangle\n".to_owned();
    let mut commands = String::new();
    for (class, uplink) in (1..=uplinks).enumerate() {
        let fields = "ip saddr . ip daddr . th sport . th dport";
        let hash = format!("jhash {fields} mod {uplinks} {class}");
        line(&mut rules, format!("iifname \"{LAN}\" ct mark 0 {hash} ct mark set {uplink}"));
        let [a, b, c] = network(uplink);
        line(
            &mut commands,
            format!("route add default via {a}.{b}.{c}.2 dev wan{uplink} table {}", 100 + class),
        );
        line(&mut commands, format!("rule add fwmark {uplink} lookup {}", 100 + class));
    }
    (1..=uplinks).for_each(|uplink| {
        line(&mut rules, format!("iifname \"{LAN}\" ct mark {uplink} meta mark set {uplink}"));
    });
    rules +=
        "}\n chain srcnat { type nat hook postrouting priority srcnat\n oifname \"wan*\" masquerade\n}\n}\n";
    ip(&commands);
    feed("nft", &["-f", "-"], &rules);
    track();
}

/// Has the kernel translate sources, and put all connections on the short cut of a fast path, if there is one.
pub(crate) fn masquerade() {
    let rules = format!(
        "table ip nat {{\n chain forward {{ type filter hook forward priority 0\n ct mark set ct mark | {CONNECTION_SHORT}\n}}\n \
         chain srcnat {{ type nat hook postrouting priority srcnat\n oifname \"wan*\" masquerade\n}}\n}}\n"
    );
    feed("nft", &["-f", "-"], &rules);
    track();
}

/// How the kernel tracks connections here.
fn track() {
    for (setting, value) in [
        // Nobody answers.
        ("udp_timeout", "86400"),
        // What is left of a packet that is varied is not summed up anew; with a card, that would be the card's to find.
        ("checksum", "0"),
    ] {
        std::fs::write(format!("/proc/sys/net/netfilter/nf_conntrack_{setting}"), value).expect("a setting");
    }
}

/// What restores the connections of UDP that the kernel tracks for the calling thread's namespace, as answered ones on the short cut,
/// with these other bits of a mark by the uplink that they leave by.
pub(crate) fn answered_connections(others: impl Fn(u8) -> u32) -> String {
    let output = Command::new("conntrack").args(["-L", "-p", "udp", "-o", "save"]).output();
    let listed = String::from_utf8(output.expect("conntrack can be started").stdout).expect("text");
    let mut answered = String::new();
    for connection in listed.lines() {
        let (front, status) = connection.split_once("-u ").expect("a status");
        let (_, behind) = status.split_once(' ').expect("both directions");
        let (_, translated_to) = connection.split_once(" -n ").expect("another source");
        let uplink = translated_to
            .split('.')
            .nth(2)
            .and_then(|uplink| uplink.parse().ok())
            .expect("an uplink's address");
        let mark = CONNECTION_SHORT | others(uplink);
        line(&mut answered, format!("{front}-u SEEN_REPLY,ASSURED -m {mark} {behind}"));
    }
    answered
}

/// Restores connections.
pub(crate) fn restore_connections(connections: &str) {
    feed("conntrack", &["-R", "-"], connections);
}

/// How many of them the kernel knows.
pub(crate) fn connections() -> u32 {
    let count = std::fs::read_to_string("/proc/sys/net/netfilter/nf_conntrack_count");
    count.expect("connections are counted").trim().parse().expect("a number")
}

/// Has the kernel forget all of them.
pub(crate) fn forget_connections() {
    // It tells of that as of an error.
    let output = Command::new("conntrack").arg("-F").output().expect("conntrack can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What an uplink's packets are marked with, and the table with the way by it alone.
pub(crate) fn mark(uplink: u8) -> Mark {
    Mark { value: u16::from(uplink).try_into().expect("not zero"), table: 100_000 + u32::from(uplink) }
}

/// The same in a connection's mark.
pub(crate) fn in_connection(uplink: u8) -> u32 {
    u32::from(mark(uplink).value.get()) << CONNECTION_MEMBER.trailing_zeros()
}

/// Has the kernel send packets by the uplink that they are marked for, and keep connections with the uplink of their first one: the
/// rules that come with a fast path which chooses uplinks.
pub(crate) fn follow_marks(uplinks: u8) {
    const NO_MARK: &str = "meta mark & 0x0000ffff == 0";
    let no_member = format!("ct mark & {CONNECTION_MEMBER:#x} == 0");
    let mut rules = format!(
        "table ip members {{\n chain prerouting {{ type filter hook prerouting priority -151\n\
         {NO_MARK} ct direction reply accept\n{NO_MARK} {no_member} accept\n"
    );
    let mut commands = String::new();
    for uplink in 1..=uplinks {
        let (Mark { value, table }, member) = (mark(uplink), in_connection(uplink));
        let set = format!("meta mark set meta mark & 0xffff{value:04x} | {value:#x}");
        line(&mut rules, format!("ct mark & {CONNECTION_MEMBER:#x} == {member:#x} {set} accept"));
        let [a, b, c] = network(uplink);
        line(&mut commands, format!("route add default via {a}.{b}.{c}.2 dev wan{uplink} table {table}"));
        let place = 11_000 + 20 * u32::from(uplink);
        let rule = format!("rule add fwmark {value:#x}/0xffff preference");
        line(&mut commands, format!("{rule} {place} lookup main suppress_prefixlength 0"));
        line(&mut commands, format!("{rule} {} lookup {table}", place + 10));
    }
    line(
        &mut rules,
        format!(
            "ct state established ct direction original {no_member} meta mark set meta mark & 0xffff0000 accept"
        ),
    );
    for uplink in 1..=uplinks {
        let member = in_connection(uplink);
        let kept = !CONNECTION_MEMBER | member;
        let is_marked = format!("meta mark & 0x0000ffff == {:#x}", mark(uplink).value);
        line(&mut rules, format!("{is_marked} ct mark set ct mark & {kept:#x} | {member:#x} accept"));
    }
    ip(&commands);
    feed("nft", &["-f", "-"], &(rules + "}\n}\n"));
}
