//! The conditions of firewall rules.

use super::Family;
use super::fields::{MatcherFields, OfFamily};
use crate::catalog::types::{MarkName, Negatable, Number, Range, Set};
use crate::catalog::{
    Field, FlagsMatcherItem, Ipv4MatcherItem, Ipv6MatcherItem, MatcherItem, NatStateMatcherItem,
    StateMatcherItem, TrackedMatcherItem,
};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::firewall::{
    AddressMatch, AddressType, Circumstances, Condition, HeaderMatchers, InterfaceMatch, Matchers, Ports,
    Protocol,
};
use crate::ir::{AddressListName, ConnectionMark, InterfaceListName, PacketMark};
use crate::resolve::interface::BUILT_IN_LISTS;
use crate::resolve::{Resolver, diagnostics};
use rosc_target::Origin;

/// Interface names that stand for many.
const PSEUDO_INTERFACES: &[&str] = &["all-ethernet", "all-ppp", "all-vlan", "all-wireless"];

impl Resolver<'_, '_> {
    /// The conditions of a rule; `None`, and reports, if the rule can't be used or never matches.
    pub(super) fn matchers(&mut self, family: Family, fields: MatcherFields) -> Option<Matchers> {
        let before = self.diagnostics.len();
        let MatcherFields { common, flags, tracked, state, nat_state, of_family } = fields;
        let MatcherItem {
            src_address,
            dst_address,
            src_address_list,
            dst_address_list,
            src_address_type,
            dst_address_type,
            src_mac_address,
            in_interface,
            out_interface,
            in_interface_list,
            out_interface_list,
            protocol,
            src_port,
            dst_port,
            port,
            tcp_mss,
            icmp_options,
            packet_size,
            dscp,
            priority,
            packet_mark,
            ipsec_policy,
            random,
            nth,
            per_connection_classifier,
            limit,
            dst_limit,
            time,
        } = common;
        let protocol = plain(protocol);
        for (name, field) in [("src-port", &src_port), ("dst-port", &dst_port), ("port", &port)] {
            self.ports_need_protocol(name, field, protocol.as_ref());
        }
        self.icmp_needs_protocol(family, icmp_options.place(), protocol.as_ref());
        let header = HeaderMatchers {
            src_mac_address: plain(src_mac_address).map(|mac| mac.map(|mac| mac.0)),
            icmp_options: plain(icmp_options),
            packet_size: plain(packet_size).map(|range| range.map(|range| (range.0, range.1))),
            dscp: plain(dscp).map(small),
            ttl: None,
            ipv4_options: None,
            ipv6_headers: None,
            fragment: None,
        };
        let circumstances = Circumstances {
            priority: plain(priority).map(small),
            ipsec_policy: ipsec_policy.value,
            connection_bytes: None,
            connection_type: None,
            connection_limit: None,
            time: plain(time),
            psd: None,
            random: random.value.and_then(|percent| u8::try_from(percent.0).ok()),
            limit: plain(limit),
            dst_limit: plain(dst_limit),
        };
        let mut matchers = Matchers {
            in_interface: self.interface_matcher(in_interface),
            out_interface: self.interface_matcher(out_interface),
            in_interface_list: self.interface_list_matcher(in_interface_list),
            out_interface_list: self.interface_list_matcher(out_interface_list),
            src_address: self.range_matcher(family, "src-address", src_address),
            dst_address: self.range_matcher(family, "dst-address", dst_address),
            src_address_list: self.address_list_matcher(family, src_address_list),
            dst_address_list: self.address_list_matcher(family, dst_address_list),
            src_address_type: self.type_matcher(family, src_address_type),
            dst_address_type: self.type_matcher(family, dst_address_type),
            src_port: plain(src_port),
            dst_port: plain(dst_port),
            port: plain(port),
            tcp_flags: None,
            tcp_mss: plain(tcp_mss).map(|range| range.map(|range| (range.0, range.1))),
            packet_mark: mark(packet_mark, PacketMark::new),
            connection_mark: None,
            routing_mark: None,
            connection_state: None,
            connection_nat_state: None,
            nth: plain(nth),
            per_connection_classifier: plain(per_connection_classifier),
            protocol,
            header,
            circumstances,
        };
        match of_family {
            OfFamily::Ip(Ipv4MatcherItem { ttl, ipv4_options, psd, fragment }) => {
                matchers.circumstances.psd = psd.value;
                matchers.header.ipv4_options = ipv4_options.value;
                matchers.header.ttl = ttl.value.map(|test| test.0);
                matchers.header.fragment = fragment.value;
            }
            OfFamily::Ipv6(Ipv6MatcherItem { hop_limit, headers }) => {
                matchers.header.ipv6_headers = plain(headers);
                matchers.header.ttl = hop_limit.value.map(|test| test.0);
            }
        }
        if let Some(FlagsMatcherItem { tcp_flags }) = flags {
            matchers.tcp_flags = plain(tcp_flags);
        }
        if let Some(tracked) = tracked {
            self.tracked_matchers(&mut matchers, tracked);
        }
        if let Some(StateMatcherItem { connection_state }) = state {
            matchers.connection_state = plain(connection_state).map(|states| states.map(|set| set.0));
        }
        if let Some(NatStateMatcherItem { connection_nat_state }) = nat_state {
            matchers.connection_nat_state = plain(connection_nat_state).map(|states| states.map(|set| set.0));
        }
        // A list that nothing declares is only empty; whatever else is told makes the rule useless.
        let is_harmless =
            |found: &Diagnostic| found.code == Code::DanglingName && found.severity == Severity::Warning;
        let is_sound = self.diagnostics[before..].iter().all(is_harmless);
        is_sound.then_some(matchers)
    }

    fn tracked_matchers(&mut self, matchers: &mut Matchers, tracked: TrackedMatcherItem) {
        let TrackedMatcherItem {
            connection_mark,
            routing_mark,
            connection_bytes,
            connection_limit,
            connection_type,
        } = tracked;
        matchers.connection_mark = mark(connection_mark, ConnectionMark::new);
        matchers.routing_mark = match routing_mark.value {
            Some(Negatable(condition)) => condition.try_map(|name| self.table(&name, routing_mark.origin)),
            None => None,
        };
        matchers.circumstances.connection_bytes =
            plain(connection_bytes).map(|range| range.map(|range| (range.0, range.1)));
        matchers.circumstances.connection_limit = plain(connection_limit);
        matchers.circumstances.connection_type = plain(connection_type).map(|types| types.map(|set| set.0));
    }

    fn interface_matcher(&mut self, field: Field<Negatable<String>>) -> Option<Condition<InterfaceMatch>> {
        let Negatable(condition) = field.value?;
        let origin = field.origin;
        let (name, _) = condition.parts();
        if PSEUDO_INTERFACES.contains(&name.as_str()) {
            let message = format!("`{name}` stands for interfaces that are not known when rosc runs");
            let help = "make an interface list of them and match that";
            self.report(diagnostics::refused(message, origin, help));
            return None;
        }
        if let Some(bridge) = self.bridge_ports.get(name) {
            let diagnostic = diagnostics::bridge_port_in_rule(name, bridge, origin);
            self.report(diagnostic);
            return None;
        }
        condition.try_map(|name| self.interface(&name, origin)).map(|c| c.map(InterfaceMatch::Interface))
    }

    fn interface_list_matcher(
        &mut self,
        field: Field<Negatable<String>>,
    ) -> Option<Condition<InterfaceMatch>> {
        let Negatable(condition) = field.value?;
        let origin = field.origin;
        condition.try_map(|name| match name.as_str() {
            "all" => Some(InterfaceMatch::All),
            "none" => Some(InterfaceMatch::None),
            built_in if BUILT_IN_LISTS.contains(&built_in) => {
                let message = format!("the list `{built_in}` is not known when rosc runs");
                self.report(diagnostics::refused(
                    message,
                    origin,
                    "make a list of the interfaces that are meant",
                ));
                None
            }
            _ => {
                let list = InterfaceListName::new(&name);
                if self.router.interface_lists.contains_key(&list) {
                    return Some(InterfaceMatch::List(list));
                }
                let known: Vec<String> =
                    self.router.interface_lists.keys().map(ToString::to_string).collect();
                let known = known.iter().map(String::as_str);
                let declare = format!("/interface list add name={name}");
                self.report(diagnostics::dangling("interface list", &name, origin, known, &declare));
                None
            }
        })
    }

    fn range_matcher(
        &mut self,
        family: Family,
        name: &str,
        field: Field<Negatable<Range>>,
    ) -> Option<Condition<AddressMatch>> {
        let Negatable(condition) = field.value.clone()?;
        if condition.parts().0.0.is_ipv6() != family.is_ipv6() {
            self.report(diagnostics::wrong_family(&field, name, family.is_ipv6()));
            return None;
        }
        Some(condition.map(|range| AddressMatch::Range(range.0)))
    }

    fn address_list_matcher(
        &mut self,
        family: Family,
        field: Field<Negatable<String>>,
    ) -> Option<Condition<AddressMatch>> {
        let Negatable(condition) = field.value?;
        Some(condition.map(|name| {
            let list = AddressListName::new(&name);
            if !self.firewall(family).address_lists.contains_key(&list) {
                self.unknown_list(family, &name, field.origin);
            }
            AddressMatch::List(list)
        }))
    }

    /// A list that nothing declares is an empty one, to RouterOS too: whoever wrote it may mean another, or fill it at run
    /// time.
    fn unknown_list(&mut self, family: Family, name: &str, origin: Origin) {
        let lists = &self.firewall(family).address_lists;
        let known: Vec<String> = lists.keys().map(ToString::to_string).collect();
        let known = known.iter().map(String::as_str);
        let declare =
            format!("/ip firewall address-list add list={name} address=...; a disabled entry is enough");
        let diagnostic = diagnostics::dangling("address list", name, origin, known, &declare);
        self.report(Diagnostic { severity: Severity::Warning, ..diagnostic });
        self.firewall_mut(family).address_lists.entry(AddressListName::new(name)).or_default();
    }

    fn type_matcher(
        &mut self,
        family: Family,
        field: Field<Negatable<Set<AddressType>>>,
    ) -> Option<Condition<std::collections::BTreeSet<AddressType>>> {
        let Negatable(condition) = field.value?;
        let condition = condition.map(|set| set.0);
        let foreign = match family {
            Family::Ip => AddressType::Anycast,
            Family::Ipv6 => AddressType::Broadcast,
        };
        if condition.parts().0.contains(&foreign) {
            let message = "an address type that this family does not have";
            self.report(diagnostics::refused(message, field.origin, "leave it out"));
            return None;
        }
        Some(condition)
    }

    fn ports_need_protocol(
        &mut self,
        name: &str,
        field: &Field<Negatable<Ports>>,
        protocol: Option<&Condition<Protocol>>,
    ) {
        let has_ports = matches!(protocol, Some(Condition::Is(protocol)) if protocol.has_ports());
        if field.value.is_some() && !has_ports {
            self.report(needs_protocol(name, field.origin));
        }
    }
}

impl Resolver<'_, '_> {
    fn icmp_needs_protocol(
        &mut self,
        family: Family,
        place: Option<Origin>,
        protocol: Option<&Condition<Protocol>>,
    ) {
        let (wanted, name) = match family {
            Family::Ip => (Protocol::ICMP, "icmp"),
            Family::Ipv6 => (Protocol::ICMPV6, "icmpv6"),
        };
        if let Some(origin) = place.filter(|_| protocol != Some(&Condition::Is(wanted))) {
            self.report(diagnostics::contradiction(
                format!("icmp-options without protocol={name}"),
                origin,
                "types of what?",
                &format!("add protocol={name}"),
            ));
        }
    }
}

fn small<const MAX: u32>(condition: Condition<Number<0, MAX>>) -> Condition<u8> {
    condition.map(|number| u8::try_from(number.0).unwrap_or(u8::MAX))
}

fn needs_protocol(name: &str, origin: Origin) -> Diagnostic {
    diagnostics::contradiction(
        format!("{name} without a protocol that has ports"),
        origin,
        "ports of what?",
        "add protocol=tcp or protocol=udp",
    )
}

fn plain<T>(field: Field<Negatable<T>>) -> Option<Condition<T>> {
    field.value.map(|negatable| negatable.0)
}

fn mark<M>(field: Field<Negatable<MarkName>>, name: fn(&str) -> M) -> Option<Condition<Option<M>>> {
    plain(field).map(|condition| condition.map(|mark| mark.0.as_deref().map(name)))
}
