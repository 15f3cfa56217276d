//! The configurations as text.

use super::{Configuration, Rule, Translation, UPLINKS, Uplink};
use std::collections::BTreeSet;
use std::fmt::Write;

impl Configuration {
    /// The configuration as text.
    pub(in crate::kernel::probe) fn text(&self) -> String {
        self.text_on_the_way(self)
    }

    /// What a change to this configuration comes by, since routes and marks can't change at once: it has the new routes
    /// already, and the old marks still.
    pub(in crate::kernel::probe) fn text_on_the_way(&self, old: &Self) -> String {
        let mut out = Lines::default();
        out.push("/interface list add name=WAN".to_owned());
        out.push("/ip address add address=192.168.88.1/24 interface=lan".to_owned());
        for n in 1..=UPLINKS {
            out.push(format!("/interface list member add list=WAN interface=wan{n}"));
        }
        self.addresses(&mut out);
        old.addresses(&mut out);
        self.routes(&mut out);
        for table in self.tables_in_use() {
            self.table(table, &mut out);
        }
        let tables = self.tables_in_use();
        for table in old.tables_in_use().into_iter().filter(|table| !tables.contains(table)) {
            old.table(table, &mut out);
        }
        self.routing_rules(&mut out);
        old.routing_rules(&mut out);
        old.marks(&mut out);
        self.translations(&mut out);
        for prefix in &self.blocking {
            out.push(format!("/ip firewall address-list add list=blocked address={prefix}"));
        }
        for last in &self.noise {
            out.push(format!("/ip firewall address-list add list=blocked address=203.0.113.{last}"));
        }
        if old.own_mark.is_some() && old.marked_only {
            out.push(format!("/ip firewall filter add {MARKED_ONLY}"));
        }
        for filter in &self.filters {
            out.push(format!("/ip firewall filter add {filter}"));
        }
        out.text
    }

    fn addresses(&self, out: &mut Lines) {
        for uplink in self.in_use() {
            let Uplink { address, second, .. } = self.uplinks[uplink];
            let n = uplink + 1;
            out.push(format!("/ip address add address=172.16.{n}.{address}/24 interface=wan{n}"));
            if second {
                out.push(format!("/ip address add address=172.16.{n}.3/24 interface=wan{n}"));
            }
        }
    }

    fn routes(&self, out: &mut Lines) {
        let gateway = |uplink: usize| format!("gateway=172.16.{}.254", self.instead(uplink) + 1);
        let mut default: Vec<usize> = self.default.iter().map(|&uplink| self.instead(uplink)).collect();
        default.dedup();
        if default.is_empty() {
            default.push(self.instead(0));
        }
        for uplink in default {
            out.push(format!("/ip route add {}", gateway(uplink)));
        }
        if let Some((uplink, distance)) = self.backup {
            out.push(format!("/ip route add distance={distance} {}", gateway(uplink)));
        }
        for (network, uplink) in [("198.18.5.0/24", self.apart), ("198.18.77.0/24", self.tunnel)] {
            if let Some(uplink) = uplink {
                out.push(format!("/ip route add dst-address={network} {}", gateway(uplink)));
            }
        }
    }

    fn table(&self, table: usize, out: &mut Lines) {
        let gateway = |uplink: usize| format!("gateway=172.16.{}.254", self.instead(uplink) + 1);
        let (uplink, has_backup) = self.tables[table];
        out.push(format!("/routing table add fib name=t{table}"));
        out.push(format!("/ip route add routing-table=t{table} {}", gateway(uplink)));
        if has_backup {
            let behind = gateway(uplink + 1);
            out.push(format!("/ip route add routing-table=t{table} distance=7 {behind}"));
        }
    }

    fn routing_rules(&self, out: &mut Lines) {
        for Rule { source, table, only } in &self.rules {
            let action = if *only { "lookup-only-in-table" } else { "lookup" };
            out.push(format!("/routing rule add src-address={source} action={action} table=t{table}"));
        }
    }

    fn tables_in_use(&self) -> Vec<usize> {
        let rules = self.rules.iter().map(|rule| rule.table);
        let mut tables: Vec<usize> =
            self.classed().chain(self.own_mark).chain(self.listed).chain(rules).collect();
        tables.sort_unstable();
        tables.dedup();
        tables
    }

    fn classed(&self) -> impl Iterator<Item = usize> {
        self.in_use().take(self.classes)
    }

    fn marks(&self, out: &mut Lines) {
        const MANGLE: &str = "/ip firewall mangle add chain=prerouting in-interface=lan";
        let mut marking = Vec::new();
        let classes = self.classed().count();
        for (class, table) in self.classed().enumerate() {
            marking.push(format!(
                "{MANGLE} connection-mark=no-mark src-address=192.168.88.40/29 action=mark-connection \
                 new-connection-mark=c{table} per-connection-classifier=both-addresses-and-ports:{classes}/{class}"
            ));
        }
        marking.extend(self.own_mark.map(|table| {
            format!(
                "{MANGLE} connection-mark=no-mark src-address=192.168.88.60 action=mark-connection \
                 new-connection-mark=c{table}"
            )
        }));
        let mut routing: Vec<String> = self
            .tables_in_use()
            .iter()
            .map(|table| {
                format!("{MANGLE} connection-mark=c{table} action=mark-routing new-routing-mark=t{table}")
            })
            .collect();
        routing.extend(self.listed.map(|table| {
            format!("{MANGLE} src-address-list=special action=mark-routing new-routing-mark=t{table}")
        }));
        out.push("/ip firewall address-list add list=special address=192.168.88.70".to_owned());
        if self.backwards {
            marking.reverse();
            routing.reverse();
        }
        marking.into_iter().chain(routing).for_each(|line| out.push(line));
    }

    fn translations(&self, out: &mut Lines) {
        const NAT: &str = "/ip firewall nat add chain=srcnat";
        if self.tunnel.is_some() {
            out.push(format!("{NAT} dst-address=198.18.77.0/24 action=accept"));
        }
        for uplink in self.in_use() {
            let Uplink { address, second, .. } = self.uplinks[uplink];
            let n = uplink + 1;
            let to = match self.translation {
                Translation::Masquerade => continue,
                Translation::ToSecond if second => 3,
                Translation::ToFirst | Translation::ToSecond => address,
            };
            let to = format!("to-addresses=172.16.{n}.{to}");
            out.push(format!("{NAT} out-interface=wan{n} action=src-nat {to}"));
        }
        if let Translation::Masquerade = self.translation {
            out.push(format!("{NAT} out-interface-list=WAN action=masquerade"));
        }
    }
}

const MARKED_ONLY: &str =
    "action=drop chain=forward in-interface=lan connection-mark=no-mark src-address=192.168.88.60";

#[derive(Default)]
struct Lines {
    text: String,
    unique: BTreeSet<String>,
}

impl Lines {
    /// Adds a line; routes may stand there twice, for a share of two.
    fn push(&mut self, line: String) {
        if self.unique.insert(line.clone()) || line.starts_with("/ip route") {
            writeln!(self.text, "{line}").expect("writing to a string");
        }
    }
}
