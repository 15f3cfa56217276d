//! What Linux gets, in the forms that its own tools read.

use crate::lower::Desired;
use crate::source::Sources;
use rosc_route::Family;
use std::fmt::Write;

/// All parts, one behind the other.
pub fn linux(desired: &Desired, sources: &Sources) -> String {
    let parts = [
        ("sysctl -p", sysctl(desired)),
        ("ip -batch", routes(desired)),
        ("nft -f", nft(desired, sources)),
    ];
    let mut out = String::new();
    for (tool, text) in parts {
        write!(out, "# {tool}\n{text}\n").expect("writing to a string");
    }
    out
}

/// Rules and sets, as `nft -f` reads them, with the places that ask for them.
pub fn nft(desired: &Desired, sources: &Sources) -> String {
    rosc_nftables::text::ruleset(&desired.nftables, &|origin| {
        sources.locate(origin).map(|at| format!("{}:{}", at.file, at.line))
    })
}

/// Links, addresses, routes and rules, as `ip -batch` reads them.
pub fn routes(desired: &Desired) -> String {
    let lines = [Family::Ipv4, Family::Ipv6].map(|family| rosc_route::batch_lines(&desired.route, family));
    lines.iter().flatten().map(|line| format!("{line}\n")).collect()
}

/// Kernel settings, as `sysctl -p` reads them.
pub fn sysctl(desired: &Desired) -> String {
    desired.sysctl.to_string()
}
