//! Routers as they stand in offices: what most applies are.

use std::fmt::Write;

/// A router with four uplinks among which connections are divided, and some of everything.
pub(super) fn office() -> String {
    let mut out = String::from("/interface list\nadd name=WAN\n/interface list member\n");
    let mut line = |text: String| writeln!(out, "{text}").expect("writing to a string");
    for n in 1..=4 {
        line(format!("add list=WAN interface=ether{n}"));
    }
    line("/ip address\nadd address=192.168.88.1/24 interface=ether5".to_owned());
    for n in 1..=4 {
        line(format!("add address=172.16.{n}.2/24 interface=ether{n}"));
    }
    line("/routing table".to_owned());
    for n in 1..=4 {
        line(format!("add fib name=to{n}"));
    }
    line("/ip route".to_owned());
    for n in 1..=4 {
        line(format!(
            "add gateway=172.16.{n}.254 routing-table=to{n}\nadd gateway=172.16.{n}.254 distance={n}"
        ));
    }
    for n in 0..1000 {
        line(format!("add dst-address=10.{}.{}.0/24 gateway=172.16.{}.254", n / 250, n % 250, n % 4 + 1));
    }
    line("/ip firewall mangle".to_owned());
    for n in 1..=4 {
        line(format!(
            "add chain=prerouting in-interface=ether5 connection-mark=no-mark action=mark-connection \
             new-connection-mark=wan{n} per-connection-classifier=both-addresses:4/{}",
            n - 1
        ));
    }
    for n in 1..=4 {
        line(format!(
            "add chain=prerouting in-interface=ether5 connection-mark=wan{n} action=mark-routing new-routing-mark=to{n}"
        ));
    }
    line("/ip firewall nat\nadd chain=srcnat out-interface-list=WAN action=masquerade".to_owned());
    line("/ip firewall address-list".to_owned());
    for n in 0..1000 {
        line(format!("add list=blocked address=203.{}.{}.{}", n % 4, n / 4, n % 200));
    }
    line(
        "/ip firewall filter\nadd chain=forward connection-state=established,related action=accept"
            .to_owned(),
    );
    line("add chain=forward src-address-list=blocked action=drop".to_owned());
    for n in 0..198 {
        // No two neighbours are alike, as where people write them.
        let (action, protocol) = [("accept", "tcp"), ("drop", "udp")][n % 2];
        line(format!(
            "add chain=forward src-address=192.168.88.{} dst-address=198.51.{}.0/24 protocol={protocol} dst-port={} \
             action={action}",
            n % 200 + 10,
            n,
            1000 + n * 7
        ));
    }
    out
}
