//! What Linux gets, in the forms that its own tools read.

use super::fastpath;
use crate::lower::Desired;
use crate::source::Sources;
use rosc_route::Family;
use std::fmt::Write;

/// All parts, one behind the other.
pub fn linux(desired: &Desired, sources: &Sources) -> String {
    let [sysctl, routes, nft] = [sysctl(desired), routes(desired, &Family::ALL), nft(desired, sources)];
    let fastpath = match fastpath(desired, sources) {
        none if none.is_empty() => none,
        fastpath => format!("\n# fast path\n{fastpath}"),
    };
    format!("# sysctl -e -p\n{sysctl}\n{routes}\n# nft -f\n{nft}{fastpath}")
}

/// Rules and sets, as `nft -f` reads them, with the places that ask for them.
pub fn nft(desired: &Desired, sources: &Sources) -> String {
    rosc_nftables::text::ruleset(&desired.nftables, &|origin| {
        sources.locate(origin).map(|at| format!("{}:{}", at.file, at.line))
    })
}

/// Links, addresses, routes and rules of some families, as `ip -batch` reads them. Links come with IPv4.
///
/// Each family begins with the command that it is for: without `-6`, `ip` would take rules for those of IPv4.
pub fn routes(desired: &Desired, families: &[Family]) -> String {
    let mut out = String::new();
    for &family in families {
        let lines = rosc_route::batch_lines(&desired.route, family);
        if lines.is_empty() {
            continue;
        }
        let option = match family {
            Family::Ipv4 => "-4",
            Family::Ipv6 => "-6",
        };
        writeln!(out, "# ip {option} -batch").expect("writing to a string");
        out.extend(lines.iter().map(|line| format!("{line}\n")));
    }
    out
}

/// Kernel settings, as `sysctl -e -p` reads them.
pub fn sysctl(desired: &Desired) -> String {
    desired.sysctl.to_string()
}
