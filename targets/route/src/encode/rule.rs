//! Requests for rules.

use super::{CREATE, EXISTING};
use crate::netlink::Request;
use crate::{FwMark, PROTOCOL, PlacedRule, RuleAction};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::RouteProtocol;
use netlink_packet_route::rule::{RuleAction as Action, RuleAttribute, RuleMessage};

pub(super) fn create(rule: &PlacedRule) -> Vec<Request> {
    vec![Request { message: RouteNetlinkMessage::NewRule(message(rule)), flags: CREATE }]
}

/// Deletes a rule by everything that it is: by its place alone the kernel would delete the first one there.
pub(super) fn delete(rule: &PlacedRule) -> Vec<Request> {
    vec![Request { message: RouteNetlinkMessage::DelRule(message(rule)), flags: EXISTING }]
}

fn message(PlacedRule { preference, rule }: &PlacedRule) -> RuleMessage {
    let mut message = RuleMessage::default();
    message.header.family = rule.family.to_kernel();
    let attributes = &mut message.attributes;
    attributes.push(RuleAttribute::Priority(*preference));
    attributes.push(RuleAttribute::Protocol(RouteProtocol::Other(PROTOCOL)));
    if let Some(from) = rule.from {
        message.header.src_len = from.prefix_len();
        attributes.push(RuleAttribute::Source(from.network()));
    }
    if let Some(to) = rule.to {
        message.header.dst_len = to.prefix_len();
        attributes.push(RuleAttribute::Destination(to.network()));
    }
    if let Some(device) = &rule.iif {
        attributes.push(RuleAttribute::Iifname(device.as_str().to_owned()));
    }
    if let Some(FwMark { value, mask }) = rule.fwmark {
        attributes.push(RuleAttribute::FwMark(value));
        attributes.push(RuleAttribute::FwMask(mask));
    }
    message.header.action = match rule.action {
        RuleAction::Lookup { table, suppress_prefixlength } => {
            attributes.push(RuleAttribute::Table(table));
            if let Some(length) = suppress_prefixlength {
                attributes.push(RuleAttribute::SuppressPrefixLen(u32::from(length)));
            }
            Action::ToTable
        }
        RuleAction::Unreachable => Action::Unreachable,
        RuleAction::Blackhole => Action::Blackhole,
        RuleAction::Prohibit => Action::Prohibit,
    };
    message
}
