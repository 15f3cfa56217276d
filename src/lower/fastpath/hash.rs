//! What of a packet decides among the gateways of a multipath route: for the kernel, and for groups.

use crate::ir::firewall::PccFields;
use crate::ir::{FastPath, FastPathHash, HashPolicy, Setting};
use crate::lower::Context;
use rosc_ebpf::HashFields;
use rosc_route::Family;

impl Context<'_> {
    /// What the kernel shares packets of a family by, where it does so itself: in its stack, and in the look-up that programs
    /// ask for.
    pub(super) fn kernel_hash_policy(&self, family: Family) -> Setting<HashPolicy> {
        match family {
            Family::Ipv4 => self.router.settings.ip.multipath_hash_policy,
            Family::Ipv6 => self.ipv6_setting(|settings| settings.multipath_hash_policy),
        }
    }

    /// What groups of a family share packets by.
    pub(super) fn group_hash(&self, family: Family, asked: &FastPath) -> HashFields {
        match asked.hash_policy {
            FastPathHash::Auto => of_policy(self.kernel_hash_policy(family).value),
            FastPathHash::Policy(policy) => of_policy(policy),
            FastPathHash::Fields(fields) => of_classifier(fields),
        }
    }
}

fn of_policy(policy: HashPolicy) -> HashFields {
    match policy {
        HashPolicy::L3 => HashFields::L3,
        HashPolicy::L3Inner => HashFields::L3_INNER,
        HashPolicy::L4 => HashFields::L4,
    }
}

/// As a classifier hashes: nothing but what is named, so that TCP and UDP of the same ends are the same.
fn of_classifier(fields: PccFields) -> HashFields {
    HashFields {
        source: fields.source_address(),
        destination: fields.destination_address(),
        protocol: false,
        source_port: fields.source_port(),
        destination_port: fields.destination_port(),
        inner: false,
    }
}
