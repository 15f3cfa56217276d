//! What is refused whatever the rules say.

use super::fib::Way;
use super::packet::Packet;
use super::routing::Answer;
use super::step::{End, Reason};
use super::walk::{Ended, Walk};
use crate::ir::RpFilter;
use crate::ir::nexthop::Hop;
use std::net::IpAddr;

impl<'r> Walk<'_, 'r> {
    /// Refuses addresses that no packet from outside can have.
    pub(super) fn check_ends(&self) -> Ended<'r> {
        let Packet { source, destination, .. } = self.packet;
        let is_bad_source = match source {
            IpAddr::V4(v4) => {
                v4.is_multicast() || v4.is_broadcast() || v4.octets()[0] == 0 || v4.is_loopback()
            }
            IpAddr::V6(v6) => v6.is_multicast() || v6.is_loopback() || v6.is_unspecified(),
        };
        if is_bad_source {
            return Err(End::Dropped(Reason::BadSource));
        }
        let is_bad_destination = match destination {
            IpAddr::V4(v4) => v4.octets()[0] == 0 || v4.is_loopback(),
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified(),
        };
        if is_bad_destination { Err(End::Dropped(Reason::BadDestination)) } else { Ok(()) }
    }

    /// `rp-filter`: answers would have to find a way back, with `strict` by the same interface. IPv6 has no such setting.
    pub(super) fn check_reverse_path(&self) -> Ended<'r> {
        let filter = self.tracer.router.settings.ip.rp_filter.value;
        if self.packet.is_ipv6() || filter == RpFilter::No {
            return Ok(());
        }
        let back = self.decide(Some(self.packet.destination), self.packet.source, None).answer;
        let goes_back = match &back {
            Answer::Route(entry) => match &entry.way {
                Way::Hops(hops) if filter == RpFilter::Strict => hops.iter().any(|hop| match hop {
                    Hop::Interface { interface, .. } => Some(interface) == self.in_interface.as_ref(),
                    Hop::Blackhole => false,
                }),
                Way::Hops(_) => true,
                Way::Blackhole | Way::Unreachable | Way::Prohibit => false,
            },
            Answer::Local | Answer::Group(_) => false,
            Answer::NoRoute | Answer::Dropped(_) | Answer::Unreachable(_) => false,
        };
        if goes_back { Ok(()) } else { Err(End::Dropped(Reason::ReversePath)) }
    }
}
