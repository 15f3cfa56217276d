//! The fast path as text. No tool reads it.

use crate::lower::Desired;
use crate::source::Sources;
use rosc_ebpf::{Group, Port, State, Way};
use rosc_target::Origin;
use std::fmt::Write;

/// Ports, groups with their members, and ways, with the places that ask for them; nothing where there is no fast path.
pub fn fastpath(desired: &Desired, sources: &Sources) -> String {
    let State { ports, groups, ways, connections } = &desired.ebpf;
    let mut out = String::new();
    let at = |origin: Origin| {
        sources.locate(origin).map(|at| format!("  # {}:{}", at.file, at.line)).unwrap_or_default()
    };
    let mut line = |text: String, origin: Origin| {
        writeln!(out, "{text}{}", at(origin)).expect("writing to a string");
    };
    for (device, port @ Port { origin, .. }) in ports {
        line(format!("port {device} {port}"), *origin);
    }
    if let Some(connections) = connections {
        line(format!("connections {connections}"), connections.origin);
    }
    for (name, Group { origin, hash, slots, drain, members }) in groups {
        let slots = slots.count();
        line(format!("group \"{name}\" hash {hash} slots {slots} drain {drain}s"), *origin);
        for (next_hop, member) in members {
            line(format!("  {next_hop} {member}"), Origin::IMPLIED);
        }
    }
    for (prefix, way @ Way { origin, .. }) in ways {
        line(format!("to {prefix} {way}"), *origin);
    }
    out
}
