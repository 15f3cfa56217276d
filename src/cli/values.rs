//! What options can be.

use super::Command;
use crate::ir::Dialect;
use clap::ValueEnum;
use std::time::Duration;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON document on standard output.
    Json,
}

impl Command {
    /// The form of its output.
    pub fn format(&self) -> Format {
        match self {
            Self::Check(args) => args.format,
            Self::Show(args) => args.format,
            Self::Diff(args) => args.format,
            Self::Apply(args) => args.changing.format,
            Self::Restore(args) => args.format,
            Self::Confirm(_) | Self::Watch(_) | Self::Guard(_) | Self::Generate(_) => Format::Human,
            Self::History(args) => args.format,
            Self::Rollback(args) => args.changing.format,
            Self::Lab(args) => args.format,
            Self::Trace(args) => args.format,
            Self::Fmt(args) => args.format,
            Self::Export(args) => args.format,
        }
    }
}

/// A stage of the compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// The statements, as parsed.
    Script,
    /// The form that a router's `:parse` prints, or why it refuses the script.
    Il,
    /// The items that the commands leave.
    Database,
    /// What the router does, in RouterOS's terms.
    Ir,
    /// What Linux gets, all parts.
    Linux,
    /// The nftables rules, as `nft -f` reads them.
    Nft,
    /// Links, addresses, routes and rules, as `ip -4 -batch` and `ip -6 -batch` read them.
    Routes,
    /// Kernel settings, as `sysctl -e -p` reads them.
    Sysctl,
    /// What rosc owns on this machine now; of files, each firewall rule with the packets and bytes that the kernel has
    /// counted for it.
    Live,
    /// What the fast path of this machine has counted: shares of each group's members, and what became of packets.
    Fastpath,
    /// The same, as Prometheus reads it.
    Metrics,
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Family {
    /// IPv4, and the links.
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// A version of RouterOS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Version {
    /// RouterOS 6.
    #[value(name = "6")]
    V6,
    /// RouterOS 7.
    #[value(name = "7")]
    V7,
}

impl From<Version> for Dialect {
    fn from(version: Version) -> Self {
        match version {
            Version::V6 => Self::V6,
            Version::V7 => Self::V7,
        }
    }
}

/// Reads a time: `60`, `60s`, `5m`, `1h`; from a second to a day.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let (number, seconds) = match text.as_bytes().last() {
        Some(b's') => (&text[..text.len() - 1], 1),
        Some(b'm') => (&text[..text.len() - 1], 60),
        Some(b'h') => (&text[..text.len() - 1], 3600),
        _ => (text, 1),
    };
    let time = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds));
    let time = time.filter(|time| (1..=24 * 3600).contains(time));
    time.map(Duration::from_secs).ok_or_else(|| "write a time from 1s to 24h, such as 60s or 5m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_seconds_minutes_and_hours() {
        let seconds = |text| time(text).map(|time| time.as_secs());
        assert_eq!(["60", "90s", "5m", "24h"].map(seconds), [Ok(60), Ok(90), Ok(300), Ok(86_400)]);
        for text in ["0", "25h", "", "s", "1.5m", "-5s", "18446744073709551615h", "5 m"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
