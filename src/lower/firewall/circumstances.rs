//! What rules ask of a packet's surroundings: its connection, its priority, IPsec, chance.

use super::matchers::{Lowered, compare};
use crate::ir::firewall::{Circumstances, Condition, ConnectionType, IpsecDirection};
use crate::lower::Context;
use rosc_nftables::select::{Buckets, ct, meta, numgen_random, route};
use rosc_nftables::{HelperName, Interval, Ranges, Statement};
use rosc_target::Origin;
use std::collections::BTreeSet;

impl Context<'_> {
    /// Lowers the conditions that look only; those that count or leave it to chance come behind them.
    pub(super) fn circumstances(&mut self, circumstances: &Circumstances, origin: Origin) -> Vec<Lowered> {
        let Circumstances {
            priority,
            ipsec_policy,
            connection_bytes,
            connection_type,
            time,
            psd: _,
            random: _,
            connection_limit: _,
            limit: _,
            dst_limit: _,
        } = circumstances;
        let mut lowered = Vec::new();
        lowered.extend(priority.iter().map(|c| compare(meta::priority(), c, |number| u32::from(*number))));
        lowered.extend(ipsec_policy.iter().map(|policy| {
            let presence = match policy.direction {
                IpsecDirection::In => meta::ipsec(),
                IpsecDirection::Out => route::ipsec(),
            };
            if policy.is_ipsec { presence.exists() } else { presence.missing() }.into()
        }));
        lowered.extend(connection_bytes.iter().map(bytes));
        lowered.extend(connection_type.iter().map(helper));
        if let Some(condition) = time {
            let time = self.time(condition, origin);
            lowered.push(time);
        }
        lowered
    }
}

fn bytes(condition: &Condition<(u64, Option<u64>)>) -> Lowered {
    match condition {
        Condition::Is((0, None)) => Lowered::Always,
        Condition::IsNot((0, None)) => Lowered::Never,
        condition => compare(ct::bytes(), condition, |&(low, high)| {
            Interval::new(low, high.unwrap_or(u64::MAX)).expect("ranges begin before they end")
        }),
    }
}

/// The kernel's names of the helpers for a type of connections.
fn helpers(of: ConnectionType) -> &'static [&'static str] {
    match of {
        ConnectionType::Ftp => &["ftp"],
        ConnectionType::H323 => &["H.245", "Q.931", "RAS"],
        ConnectionType::Irc => &["irc"],
        ConnectionType::Pptp => &["pptp"],
        ConnectionType::Sip => &["sip"],
        ConnectionType::Tftp => &["tftp"],
    }
}

/// A connection has one helper at most.
fn helper(condition: &Condition<BTreeSet<ConnectionType>>) -> Lowered {
    let (wanted, inverted) = condition.parts();
    let names = wanted.iter().flat_map(|of| helpers(*of));
    let names = names.map(|name| HelperName::new(name).expect("a name of the kernel's own"));
    if inverted {
        Lowered::All(names.map(|name| ct::helper().ne(name)).collect())
    } else {
        Lowered::One(names.map(|name| vec![ct::helper().eq(name)]).collect())
    }
}

/// So many packets of a hundred.
pub(super) fn by_lot(percent: u8) -> Lowered {
    let below = |buckets: Buckets| -> Option<Statement> {
        let wanted = Interval::new(0, u32::from(percent).checked_sub(1)?)?;
        buckets.one_of(Ranges::from(wanted))
    };
    match numgen_random(100).and_then(below) {
        Some(statement) => statement.into(),
        None => Lowered::Never,
    }
}
