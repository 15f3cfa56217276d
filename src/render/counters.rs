//! What the fast path has counted, as a table and as metrics.

use rosc_ebpf::{Counters, Drained, GroupCounters, MemberCounters, Reason, Traffic};
use std::fmt::Write;

/// A table of each group's members with their shares beside what their weights ask for, then what became of packets.
pub fn counters(counters: &Counters) -> String {
    let mut out = String::new();
    for (name, group) in &counters.groups {
        writeln!(out, "group \"{name}\"").expect("writing to a string");
        group_table(&mut out, group);
        out.push('\n');
    }
    for (reason, Traffic { packets, bytes }) in
        counters.reasons.iter().filter(|(_, traffic)| traffic.packets > 0)
    {
        let kept = match reason {
            Reason::ForwardedByGroup | Reason::ForwardedByFib | Reason::ForwardedByConnection => "",
            _ => "to the stack: ",
        };
        writeln!(out, "{packets:>12} packets {bytes:>16} bytes  {kept}{}", reason.text())
            .expect("writing to a string");
    }
    if out.is_empty() {
        out.push_str("no packet has come to the fast path yet\n");
    }
    out
}

fn group_table(out: &mut String, group: &GroupCounters) {
    let weights: f64 = group.members.iter().map(|member| f64::from(member.weight)).sum();
    let packets: f64 = group.members.iter().map(|member| member.traffic.packets as f64).sum();
    let width =
        group.members.iter().map(|member| member.next_hop.to_string().len()).max().unwrap_or(0).max(8);
    writeln!(
        out,
        "  {:<width$}  {:>8}  {:>8}  {:>12}  {:>16}",
        "next hop", "weight", "share", "packets", "bytes"
    )
    .expect("writing to a string");
    for MemberCounters { next_hop, weight, traffic, .. } in &group.members {
        let of = |part: f64, all: f64| {
            if all > 0.0 { format!("{:.1} %", part * 100.0 / all) } else { "-".to_owned() }
        };
        let wanted = of(f64::from(*weight), weights);
        let share = of(traffic.packets as f64, packets);
        let Traffic { packets, bytes } = traffic;
        let next_hop = next_hop.to_string();
        writeln!(out, "  {next_hop:<width$}  {wanted:>8}  {share:>8}  {packets:>12}  {bytes:>16}")
            .expect("writing to a string");
    }
    let Drained { seconds_left, slots, connections } = group.drain;
    if slots > 0 {
        let time = if seconds_left > 0 { format!("for {seconds_left} s more") } else { "no more".to_owned() };
        writeln!(out, "  drains {time}: {slots} slots have changed hands, {connections} connections are known one by one")
            .expect("writing to a string");
    }
}

/// The text that Prometheus reads (exposition format 0.0.4).
pub fn metrics(counters: &Counters) -> String {
    let mut out = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, samples: Vec<(String, u64)>| {
        writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("writing to a string");
        for (labels, value) in samples {
            writeln!(out, "{name}{{{labels}}} {value}").expect("writing to a string");
        }
    };
    let members = |value: fn(&MemberCounters) -> u64| -> Vec<(String, u64)> {
        let groups = counters.groups.iter();
        let each = groups.flat_map(|(name, group)| group.members.iter().map(move |member| (name, member)));
        each.map(|(name, member)| (labels(name.as_str(), member), value(member))).collect()
    };
    let packets = "Packets that a member of a group has got.";
    metric(
        "rosc_fastpath_member_packets_total",
        "counter",
        packets,
        members(|member| member.traffic.packets),
    );
    let bytes = "Bytes of these packets, from their IP headers on.";
    metric("rosc_fastpath_member_bytes_total", "counter", bytes, members(|member| member.traffic.bytes));
    let weight = "The weight of a member beside those of the others.";
    metric("rosc_fastpath_member_weight", "gauge", weight, members(|member| member.weight.into()));
    let slots = "Slots of the group's table that a member has.";
    metric("rosc_fastpath_member_slots", "gauge", slots, members(|member| member.slots as u64));
    let groups = |value: fn(&Drained) -> u64| -> Vec<(String, u64)> {
        let each = counters.groups.iter();
        each.map(|(name, group)| (format!("group=\"{}\"", escaped(name.as_str())), value(&group.drain)))
            .collect()
    };
    let left = "Seconds until connections of before the last change of a group are not waited for any more.";
    metric("rosc_fastpath_drain_seconds", "gauge", left, groups(|drain| drain.seconds_left.into()));
    let known = "Connections that are known one by one.";
    metric("rosc_fastpath_drain_connections", "gauge", known, groups(|drain| drain.connections as u64));
    let reasons = counters.reasons.iter();
    let reasons = reasons.map(|(reason, traffic)| (format!("reason=\"{}\"", reason.name()), traffic.packets));
    metric("rosc_fastpath_packets_total", "counter", "Packets by what became of them.", reasons.collect());
    out
}

fn labels(group: &str, member: &MemberCounters) -> String {
    let gateway = member.next_hop.gateway.map(|gateway| gateway.to_string()).unwrap_or_default();
    let device = escaped(member.next_hop.device.as_str());
    format!("group=\"{}\",device=\"{device}\",gateway=\"{gateway}\"", escaped(group))
}

/// What stands between quotation marks there.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
