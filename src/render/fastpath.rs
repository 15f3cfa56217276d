//! The fast path as text. No tool reads it.

use crate::lower::Desired;
use crate::source::Sources;
use rosc_ebpf::{By, Group, HashFields, Hook, Port, State, Way};
use rosc_target::Origin;
use std::fmt::Write;

/// Ports, groups with their members, and ways, with the places that ask for them; nothing where there is no fast path.
pub fn fastpath(desired: &Desired, sources: &Sources) -> String {
    let State { ports, groups, ways } = &desired.ebpf;
    let mut out = String::new();
    let at = |origin: Origin| {
        sources.locate(origin).map(|at| format!("  # {}:{}", at.file, at.line)).unwrap_or_default()
    };
    let mut line = |text: String, origin: Origin| {
        writeln!(out, "{text}{}", at(origin)).expect("writing to a string");
    };
    for (device, Port { origin, hook }) in ports {
        let hook = match hook {
            Hook::Tc => "tc",
            Hook::Xdp => "xdp",
        };
        line(format!("port {device} {hook}"), *origin);
    }
    for (name, Group { origin, hash, slots, drain, members }) in groups {
        let (hash, slots) = (fields(*hash), slots.count());
        line(format!("group \"{name}\" hash {hash} slots {slots} drain {drain}s"), *origin);
        for (next_hop, weight) in members {
            line(format!("  {next_hop} weight {weight}"), Origin::IMPLIED);
        }
    }
    for (prefix, Way { origin, by }) in ways {
        let by = match by {
            By::Stack => "stack".to_owned(),
            By::Fib => "fib".to_owned(),
            By::Group(name) => format!("group \"{name}\""),
        };
        line(format!("to {prefix} {by}"), *origin);
    }
    out
}

fn fields(hash: HashFields) -> String {
    let HashFields { source, destination, protocol, source_port, destination_port } = hash;
    let all = [
        (source, "source"),
        (destination, "destination"),
        (protocol, "protocol"),
        (source_port, "source-port"),
        (destination_port, "destination-port"),
    ];
    let words: Vec<&str> =
        all.into_iter().filter_map(|(is_hashed, word)| is_hashed.then_some(word)).collect();
    words.join(",")
}
