//! Values of firewall rules.

use super::{FromText, Keyword, List, Mistake};
use crate::diagnostic::did_you_mean;
use crate::ir::firewall::{Mss, Nth, PccFields, PerConnectionClassifier, Ports, Protocol, TcpFlag, TcpFlags};
use std::collections::BTreeSet;
use std::num::NonZeroU32;

/// A mark: a name, or nothing for `no-mark`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkName(pub Option<String>);

/// Smallest and largest MSS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MssRange(pub u16, pub u16);

/// The protocols that RouterOS knows by name.
const PROTOCOLS: &[(&str, u8)] = &[
    ("icmp", 1),
    ("igmp", 2),
    ("ggp", 3),
    ("ip-encap", 4),
    ("ipencap", 4),
    ("st", 5),
    ("tcp", 6),
    ("egp", 8),
    ("pup", 12),
    ("udp", 17),
    ("hmp", 20),
    ("xns-idp", 22),
    ("rdp", 27),
    ("iso-tp4", 29),
    ("dccp", 33),
    ("xtp", 36),
    ("ddp", 37),
    ("idpr-cmtp", 38),
    ("ipv6", 41),
    ("ipv6-encap", 41),
    ("ipv6-route", 43),
    ("ipv6-frag", 44),
    ("rsvp", 46),
    ("gre", 47),
    ("ipsec-esp", 50),
    ("ipsec-ah", 51),
    ("icmpv6", 58),
    ("ipv6-nonxt", 59),
    ("ipv6-opts", 60),
    ("rspf", 73),
    ("vmtp", 81),
    ("ospf", 89),
    ("ipip", 94),
    ("etherip", 97),
    ("encap", 98),
    ("pim", 103),
    ("vrrp", 112),
    ("l2tp", 115),
    ("sctp", 132),
    ("udp-lite", 136),
];

/// RouterOS's name of a protocol, if it has one.
pub fn protocol_name(protocol: Protocol) -> Option<&'static str> {
    PROTOCOLS.iter().find(|(_, number)| *number == protocol.0).map(|(name, _)| *name)
}

impl FromText for Protocol {
    const SHAPE: &'static str = "a protocol";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        if let Some((_, number)) = PROTOCOLS.iter().find(|(name, _)| *name == text) {
            return Ok(Self(*number));
        }
        text.parse().map(Self).map_err(|_| {
            let near = did_you_mean(text, PROTOCOLS.iter().map(|(name, _)| *name));
            let near = near.map(|name| format!("did you mean `{name}`?"));
            Mistake::with(near.unwrap_or_else(|| "a name such as tcp, or a number from 0 to 255".to_owned()))
        })
    }
}

impl FromText for Ports {
    const SHAPE: &'static str = "a list of ports";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some((first.parse::<u16>().ok()?, last.parse::<u16>().ok()?))
        };
        let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
        ranges.and_then(Self::new).ok_or_else(|| Mistake::with("for example 80,443,8000-8100"))
    }
}

impl FromText for MarkName {
    const SHAPE: &'static str = "a mark";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        Ok(Self((text != "no-mark").then(|| text.to_owned())))
    }
}

impl Keyword for TcpFlag {
    const SHAPE: &'static str = "a TCP flag";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("fin", Self::Fin),
        ("syn", Self::Syn),
        ("rst", Self::Rst),
        ("psh", Self::Psh),
        ("ack", Self::Ack),
        ("urg", Self::Urg),
        ("ece", Self::Ece),
        ("cwr", Self::Cwr),
    ];
}

impl FromText for TcpFlags {
    const SHAPE: &'static str = "a list of TCP flags";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let mut flags = Self { set: BTreeSet::new(), clear: BTreeSet::new() };
        for part in text.split(',') {
            match part.strip_prefix('!') {
                Some(flag) => flags.clear.insert(TcpFlag::from_text(flag)?),
                None => flags.set.insert(TcpFlag::from_text(part)?),
            };
        }
        match flags.set.intersection(&flags.clear).next() {
            None => Ok(flags),
            Some(_) => Err(Mistake::with("a flag can't be set and clear at once")),
        }
    }
}

impl FromText for MssRange {
    const SHAPE: &'static str = "a range of MSS";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self(first, last)),
            _ => Err(Mistake::with("for example 1301-65535")),
        }
    }
}

impl FromText for Mss {
    const SHAPE: &'static str = "an MSS";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        if text == "clamp-to-pmtu" {
            return Ok(Self::ClampToPmtu);
        }
        match text.parse() {
            Ok(bytes) if (40..=65534).contains(&bytes) => Ok(Self::Bytes(bytes)),
            _ => Err(Mistake::with("clamp-to-pmtu, or bytes from 40 to 65534")),
        }
    }
}

impl FromText for Nth {
    const SHAPE: &'static str = "a position in a cycle";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let numbers: Option<Vec<u32>> = text.split(',').map(|part| part.parse().ok()).collect();
        let help = || Mistake::with("every,packet such as nth=2,1, where packet is from 1 to every");
        let Some(&[every, packet]) = numbers.as_deref() else { return Err(help()) };
        match NonZeroU32::new(every) {
            Some(every) if (1..=every.get()).contains(&packet) => Ok(Self { every, packet }),
            _ => Err(help()),
        }
    }
}

impl FromText for PerConnectionClassifier {
    const SHAPE: &'static str = "a classifier";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let help = || Mistake::with("fields:denominator/remainder such as both-addresses-and-ports:2/0");
        let (fields, class) = text.split_once(':').ok_or_else(help)?;
        let (denominator, remainder) = class.split_once('/').ok_or_else(help)?;
        let List(fields) = List::<PccFields>::from_text(fields)?;
        let [fields] = fields.as_slice() else { return Err(help()) };
        let (Ok(denominator), Ok(remainder)) = (denominator.parse::<NonZeroU32>(), remainder.parse::<u32>())
        else {
            return Err(help());
        };
        if remainder >= denominator.get() {
            return Err(Mistake::with(format!("the remainder is from 0 to {}", denominator.get() - 1)));
        }
        Ok(Self { fields: fields.value, denominator, remainder })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_classifier_has_fields_denominator_and_remainder() {
        let two = NonZeroU32::new(2).expect("two");
        let read = PerConnectionClassifier::from_text("both-addresses:2/1");
        let wanted =
            PerConnectionClassifier { fields: PccFields::BothAddresses, denominator: two, remainder: 1 };
        assert_eq!(read, Ok(wanted));
        for text in ["both-addresses:2/2", "both-addresses:0/0", "both-addresses:2", "both:2/0", "x", "a:b/c"]
        {
            assert!(PerConnectionClassifier::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nth_counts_from_one_to_every() {
        assert!(Nth::from_text("2,1").is_ok());
        assert!(Nth::from_text("2,2").is_ok());
        for text in ["2,3", "2,0", "0,0", "2", "2,1,1", ",", ""] {
            assert!(Nth::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tcp_flags_are_set_clear_or_of_no_matter() {
        let flags = TcpFlags::from_text("syn,!ack").expect("flags");
        assert_eq!(
            (flags.set, flags.clear),
            (BTreeSet::from([TcpFlag::Syn]), BTreeSet::from([TcpFlag::Ack]))
        );
        assert!(TcpFlags::from_text("syn,!syn").is_err());
    }

    #[test]
    fn a_mistyped_protocol_is_suggested() {
        let mistake = Protocol::from_text("tpc").expect_err("no protocol");
        assert_eq!(mistake.help.as_deref(), Some("did you mean `tcp`?"));
    }
}
