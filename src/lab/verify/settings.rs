//! What the kernel of a router on the bench does not do by itself.

use std::fs;
use std::io;

/// What a router's kernel limits or answers by itself, and what no configuration of rosc touches.
pub(super) fn quiet() -> io::Result<()> {
    for (setting, value) in [
        // ICMP errors are never held back: no type of them is counted.
        ("ipv4/icmp_ratemask", "0"),
        ("ipv6/icmp/ratemask", "\n"),
        // Nobody else is there to have an address already; until that is known, neighbours can't be asked for.
        ("ipv6/conf/default/accept_dad", "0"),
    ] {
        fs::write(format!("/proc/sys/net/{setting}"), value)?;
    }
    Ok(())
}

/// Nothing is forgotten while a trial runs, however long the machine lets it stand: traces know no time.
pub(super) fn patient() -> io::Result<()> {
    neighbours_that_stay()?;
    connections_that_stay()
}

/// Whoever is asked for on a device answers, even if this process does not run for a while; and he stays where he is.
fn neighbours_that_stay() -> io::Result<()> {
    const A_DAY_IN_MS: &str = "86400000";
    for family in ["ipv4", "ipv6"] {
        for device in fs::read_dir(format!("/proc/sys/net/{family}/neigh"))? {
            let device = device?.path();
            for time in ["retrans_time_ms", "base_reachable_time_ms"] {
                fs::write(device.join(time), A_DAY_IN_MS)?;
            }
        }
    }
    Ok(())
}

/// No connection is forgotten, nor held to what traces do not count.
///
/// Where connection tracking is a module, these settings are there from the first rule on that asks for it: an applied
/// router that has none tracks no connections.
fn connections_that_stay() -> io::Result<()> {
    if !fs::exists("/proc/sys/net/netfilter/nf_conntrack_max")? {
        return Ok(());
    }
    // Segments are not held against a window: trials do not count bytes.
    fs::write("/proc/sys/net/netfilter/nf_conntrack_tcp_be_liberal", "1")?;
    for of in [
        "generic_timeout",
        "icmp_timeout",
        "icmpv6_timeout",
        "udp_timeout",
        "udp_timeout_stream",
        "tcp_timeout_close",
        "tcp_timeout_established",
        "tcp_timeout_syn_recv",
        "tcp_timeout_syn_sent",
        "tcp_timeout_unacknowledged",
    ] {
        fs::write(format!("/proc/sys/net/netfilter/nf_conntrack_{of}"), "86400")?;
    }
    Ok(())
}
