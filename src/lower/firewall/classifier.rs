//! per-connection-classifier as a hash of nftables.
//!
//! RouterOS takes the remainder of the hash by the denominator; nftables scales the hash to the modulus instead. So
//! that classifiers of different denominators over the same fields go together as on RouterOS (`2/0` is `4/0` and
//! `4/2`), all of them hash to one common multiple, and a class is the set of buckets with its remainder.

use super::super::diagnostics;
use crate::diagnostic::Diagnostic;
use crate::ir::firewall::{Condition, Matchers, PccFields, PccKey, PerConnectionClassifier};
use crate::ir::{Firewall, Router};
use rosc_nftables::hash::bucket;
use rosc_nftables::select::jhash;
use rosc_nftables::{Family, Ip6Field, IpField, Payload, PortField, Ranges, Statement, Transport};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The start value of all hashes ("rosc"): RouterOS draws one at boot and uses it for every rule.
const SEED: u32 = 0x726f_7363;

/// More buckets than this are not worth the exactness.
const MOST_BUCKETS: u64 = 65_536;

/// Into how many buckets each choice of fields is hashed.
#[derive(Debug, Default)]
pub(super) struct Classes {
    buckets: BTreeMap<PccFields, u32>,
}

impl Classes {
    /// The common multiple of all denominators of each choice of fields.
    pub(super) fn of(firewall: &Firewall, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut multiples: BTreeMap<PccFields, u64> = BTreeMap::new();
        for (Matchers { per_connection_classifier, .. }, origin) in firewall.matchers() {
            let Some(classifier) = per_connection_classifier.as_ref().map(|condition| condition.parts().0)
            else {
                continue;
            };
            let denominator = u64::from(classifier.denominator.get());
            let multiple = multiples.entry(classifier.fields).or_insert(1);
            match least_common_multiple(*multiple, denominator) {
                common if common <= MOST_BUCKETS => *multiple = common,
                _ => {
                    let message = "this classifier's denominator has no common multiple with the others that is \
                                   small enough, so its classes overlap theirs otherwise than on RouterOS";
                    let help = "use denominators that divide each other";
                    diagnostics.push(diagnostics::differs(message, origin, help));
                }
            }
        }
        let narrow = |n| u32::try_from(n).expect("at most MOST_BUCKETS");
        Self { buckets: multiples.into_iter().map(|(fields, n)| (fields, narrow(n))).collect() }
    }

    /// The condition that a packet with ports is in the class; `None` if it is always so or never.
    pub(super) fn with_ports(
        &self,
        family: Family,
        condition: &Condition<PerConnectionClassifier>,
    ) -> Decision {
        let (classifier, _) = condition.parts();
        self.decide(condition, over(family, classifier.fields, HasPorts::Yes))
    }

    /// The same for a packet without ports: only the addresses are hashed.
    pub(super) fn without_ports(
        &self,
        family: Family,
        condition: &Condition<PerConnectionClassifier>,
    ) -> Decision {
        let (classifier, _) = condition.parts();
        self.decide(condition, over(family, classifier.fields, HasPorts::No))
    }

    /// Into how many buckets a classifier's packets are hashed: some multiple of its denominator.
    fn buckets_of(&self, classifier: &PerConnectionClassifier) -> u32 {
        let denominator = classifier.denominator.get();
        let common = self.buckets.get(&classifier.fields).copied().unwrap_or(denominator);
        if common % denominator == 0 { common } else { denominator }
    }

    /// Whether the kernel will find a packet with this key in the class.
    fn holds(&self, classifier: &PerConnectionClassifier, key: &PccKey) -> bool {
        let addresses = [key.source_address, key.destination_address].into_iter().flatten();
        let ports: Vec<u16> = [key.source_port, key.destination_port].into_iter().flatten().collect();
        let mut bytes: Vec<u8> = Vec::with_capacity(40);
        for address in addresses {
            match address {
                IpAddr::V4(address) => bytes.extend(address.octets()),
                IpAddr::V6(address) => bytes.extend(address.octets()),
            }
        }
        let is_alone = bytes.is_empty() && ports.len() == 1;
        for port in ports {
            bytes.extend(port.to_be_bytes());
            if !is_alone {
                bytes.extend([0, 0]);
            }
        }
        let bucket = bucket(&bytes, self.buckets_of(classifier), SEED);
        bucket % classifier.denominator.get() == classifier.remainder
    }

    fn decide(&self, condition: &Condition<PerConnectionClassifier>, over: Vec<Payload>) -> Decision {
        let (classifier, inverted) = condition.parts();
        let denominator = classifier.denominator.get();
        let buckets = self.buckets_of(classifier);
        let is_in = |bucket: u32| (bucket % denominator == classifier.remainder) != inverted;
        let wanted: Ranges<u32> = (0..buckets).filter(|&bucket| is_in(bucket)).collect();
        match wanted.iter().map(|range| range.high() - range.low() + 1).sum::<u32>() {
            0 => return Decision::Never,
            all if all == buckets => return Decision::Always,
            _ => {}
        }
        let Some(hash) = jhash(over.iter().copied(), buckets, SEED) else {
            // Nothing to hash: every packet has the hash of the empty key.
            return if is_in(bucket(&[], buckets, SEED)) { Decision::Always } else { Decision::Never };
        };
        hash.one_of(wanted).map_or(Decision::Never, Decision::If)
    }
}

/// What the classifiers of a router make of packets on Linux.
#[derive(Debug)]
pub struct Classifiers {
    ip: Classes,
    ip6: Classes,
}

impl Classifiers {
    /// The classifiers as they are lowered.
    pub fn of(router: &Router) -> Self {
        let mut reported_when_lowered = Vec::new();
        Self {
            ip: Classes::of(&router.firewall, &mut reported_when_lowered),
            ip6: Classes::of(&router.ipv6_firewall, &mut reported_when_lowered),
        }
    }

    /// Tells whether a packet with a key is in a class.
    pub fn classify(&self) -> impl Fn(&PerConnectionClassifier, &PccKey) -> bool {
        |classifier, key| if key.is_ipv6 { &self.ip6 } else { &self.ip }.holds(classifier, key)
    }
}

/// Whether a packet is in a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is.
    Always,
    /// It is not.
    Never,
    /// The hash tells.
    If(Statement),
}

/// Whether the packets in question have ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HasPorts {
    Yes,
    No,
}

/// The fields in RouterOS's order: addresses, then ports, source first.
fn over(family: Family, fields: PccFields, ports: HasPorts) -> Vec<Payload> {
    let address = |ip, ip6| match family {
        Family::Ip => Payload::Ip(ip),
        Family::Ip6 => Payload::Ip6(ip6),
    };
    let ports = ports == HasPorts::Yes;
    let port = |field| Payload::Port(Transport::Any, field);
    let mut over = Vec::new();
    over.extend(fields.source_address().then(|| address(IpField::Saddr, Ip6Field::Saddr)));
    over.extend(fields.destination_address().then(|| address(IpField::Daddr, Ip6Field::Daddr)));
    over.extend((ports && fields.source_port()).then(|| port(PortField::Sport)));
    over.extend((ports && fields.destination_port()).then(|| port(PortField::Dport)));
    over
}

fn least_common_multiple(a: u64, b: u64) -> u64 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a / x * b
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn class(fields: PccFields, denominator: u32, remainder: u32) -> Condition<PerConnectionClassifier> {
        let denominator = NonZeroU32::new(denominator).expect("not zero");
        Condition::Is(PerConnectionClassifier { fields, denominator, remainder })
    }

    fn shown(classes: &Classes, condition: &Condition<PerConnectionClassifier>) -> String {
        match classes.with_ports(Family::Ip, condition) {
            Decision::Always => "always".to_owned(),
            Decision::Never => "never".to_owned(),
            Decision::If(statement) => statement.to_string(),
        }
    }

    #[test]
    fn one_denominator_is_the_modulus() {
        let classes = Classes { buckets: BTreeMap::from([(PccFields::BothAddresses, 3)]) };
        let hash = "jhash ip saddr . ip daddr mod 3 seed 0x726f7363";
        assert_eq!(shown(&classes, &class(PccFields::BothAddresses, 3, 2)), format!("{hash} == 2"));
    }

    #[test]
    fn denominators_that_go_together_share_buckets() {
        let classes = Classes { buckets: BTreeMap::from([(PccFields::SrcAddress, 4)]) };
        let hash = "jhash ip saddr mod 4 seed 0x726f7363";
        assert_eq!(shown(&classes, &class(PccFields::SrcAddress, 2, 1)), format!("{hash} == {{ 1, 3 }}"));
        assert_eq!(shown(&classes, &class(PccFields::SrcAddress, 4, 3)), format!("{hash} == 3"));
    }

    #[test]
    fn a_single_class_is_everything() {
        let classes = Classes { buckets: BTreeMap::from([(PccFields::SrcAddress, 1)]) };
        assert_eq!(shown(&classes, &class(PccFields::SrcAddress, 1, 0)), "always");
    }

    #[test]
    fn the_classes_of_a_denominator_are_all_there_is_and_never_overlap_even_without_anything_to_hash() {
        let classes = Classes { buckets: BTreeMap::from([(PccFields::BothPorts, 6)]) };
        let decisions: Vec<Decision> =
            (0..6).map(|r| classes.without_ports(Family::Ip, &class(PccFields::BothPorts, 6, r))).collect();
        assert_eq!(decisions.iter().filter(|d| **d == Decision::Always).count(), 1);
        assert_eq!(decisions.iter().filter(|d| **d == Decision::Never).count(), 5);
    }
}
