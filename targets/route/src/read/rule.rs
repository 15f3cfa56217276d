//! Rules: `struct fib_rule_hdr` and its attributes.

use super::LOCAL_TABLE;
use crate::netlink::attributes::{Attributes, ip_of, text_of, u32_of};
use crate::{DeviceName, Family, FwMark, MAIN_TABLE, PROTOCOL, Rule, RuleAction};
use ipnet::IpNet;

// include/uapi/linux/fib_rules.h
const FRA_DST: u16 = 1;
const FRA_SRC: u16 = 2;
const FRA_IIFNAME: u16 = 3;
const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
const FRA_TABLE: u16 = 15;
const FRA_FWMASK: u16 = 16;
const FRA_PROTOCOL: u16 = 21;
const FR_ACT_TO_TBL: u8 = 1;
const FR_ACT_BLACKHOLE: u8 = 6;
const FR_ACT_UNREACHABLE: u8 = 7;
const FR_ACT_PROHIBIT: u8 = 8;
/// The rule matches what its selectors don't.
const FIB_RULE_INVERT: u32 = 2;
/// The kernel lists a missing limit as this number.
const NO_LIMIT: u32 = u32::MAX;
const HEADER_LEN: usize = 12;

/// A rule as the kernel lists it.
pub(super) struct RuleRecord {
    pub(super) preference: u32,
    /// The rule, if rosc owns it.
    pub(super) rule: Option<Rule>,
    /// The only device whose incoming packets it looks at.
    pub(super) only_from: Option<DeviceName>,
    /// Whether it passes over routes for their length.
    pub(super) passes_over: bool,
    meets_unmarked: bool,
    stays_in_main: bool,
}

impl RuleRecord {
    pub(super) fn parse(family: Family, payload: &[u8]) -> Option<Self> {
        let (header, attributes) = payload.split_at_checked(HEADER_LEN)?;
        let [_, dst_len, src_len, tos, table, _, _, action] = *header.first_chunk()?;
        let flags = u32_of(header.get(8..)?)?;
        let (mut protocol, mut preference, mut table) = (0, 0, u32::from(table));
        let (mut from, mut to, mut iif, mut mark, mut mask, mut limit) = (None, None, None, None, None, None);
        let mut is_plain = tos == 0 && flags & FIB_RULE_INVERT == 0;
        for (kind, value) in Attributes(attributes) {
            match kind {
                FRA_SRC => from = net(value, src_len),
                FRA_DST => to = net(value, dst_len),
                FRA_IIFNAME => {
                    iif =
                        std::str::from_utf8(text_of(value)).ok().and_then(|name| DeviceName::new(name).ok());
                    is_plain &= iif.is_some();
                }
                FRA_PRIORITY => preference = u32_of(value)?,
                FRA_FWMARK => mark = u32_of(value),
                FRA_FWMASK => mask = u32_of(value),
                FRA_SUPPRESS_PREFIXLEN => limit = u32_of(value).filter(|limit| *limit != NO_LIMIT),
                FRA_TABLE => table = u32_of(value)?,
                FRA_PROTOCOL => protocol = *value.first()?,
                _ => is_plain = false,
            }
        }
        let fwmark = match (mark, mask) {
            (None, None) => None,
            (value, mask) => Some(FwMark { value: value.unwrap_or(0), mask: mask.unwrap_or(u32::MAX) }),
        };
        let is_inverted = flags & FIB_RULE_INVERT != 0;
        let asks_for_mark = fwmark.is_some_and(|mark: FwMark| mark.value & mask.unwrap_or(u32::MAX) != 0);
        let meets_unmarked = is_inverted || !asks_for_mark;
        let passes_over = limit.is_some();
        let stays_in_main =
            action == FR_ACT_TO_TBL && matches!(table, MAIN_TABLE | LOCAL_TABLE) && !passes_over;
        let only_from = iif.clone().filter(|_| !is_inverted);
        let rule = rule_action(action, table, limit).map(|action| Rule {
            origin: Default::default(),
            family,
            from,
            to,
            iif,
            fwmark,
            action,
        });
        let rule = rule.filter(|_| is_plain && protocol == PROTOCOL);
        Some(Self { preference, rule, only_from, passes_over, meets_unmarked, stays_in_main })
    }

    /// Whether it is somebody else's, and may lead packets without a mark elsewhere than `main` does. What comes behind the rule
    /// for that table is not asked about what has a route there.
    pub(super) fn may_lead_elsewhere(&self) -> bool {
        /// Where the kernel has its rule for `main`.
        const OF_MAIN: u32 = 32_766;
        self.rule.is_none() && self.preference < OF_MAIN && self.meets_unmarked && !self.stays_in_main
    }
}

fn rule_action(action: u8, table: u32, limit: Option<u32>) -> Option<RuleAction> {
    match action {
        FR_ACT_TO_TBL => {
            let suppress_prefixlength = limit.map(u8::try_from).transpose().ok()?;
            Some(RuleAction::Lookup { table, suppress_prefixlength })
        }
        FR_ACT_BLACKHOLE => Some(RuleAction::Blackhole),
        FR_ACT_UNREACHABLE => Some(RuleAction::Unreachable),
        FR_ACT_PROHIBIT => Some(RuleAction::Prohibit),
        _ => None,
    }
}

fn net(value: &[u8], length: u8) -> Option<IpNet> {
    IpNet::new(ip_of(value)?, length).ok()
}
