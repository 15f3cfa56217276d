//! What a machine has, as far as a plan needs to know it.

use crate::lower::Desired;
use rosc_sysctl::Key;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// What the targets have. As JSON it is what `rosc show live` saves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Observed {
    /// Links, addresses, routes, rules.
    pub route: rosc_route::Observed,
    /// Sets, chains and rules of nftables.
    #[serde(serialize_with = "only_state", deserialize_with = "of_state")]
    pub nftables: rosc_nftables::Observed,
    /// Kernel settings.
    pub sysctl: rosc_sysctl::Observed,
    /// The fast path. What was saved before there was one has none.
    #[serde(default)]
    pub ebpf: rosc_ebpf::Observed,
}

impl Observed {
    /// What would be read on a machine that has this state and nothing else, but for the devices that the other state
    /// expects to find.
    pub fn assumed(state: &Desired, other: &Desired) -> Self {
        let settings = &state.sysctl.settings;
        let values = settings.iter().map(|(key, setting)| (key.clone(), setting.value.clone()));
        Self {
            route: rosc_route::Observed::assumed(&state.route, &other.route),
            nftables: state.nftables.clone().into(),
            sysctl: rosc_sysctl::Observed {
                state: state.sysctl.clone(),
                values: values.collect(),
                originals: settings.keys().map(|key| (key.clone(), FORMER_VALUE.to_owned())).collect(),
            },
            ebpf: rosc_ebpf::Observed::assumed(&state.ebpf),
        }
    }

    /// Whether rosc has made nothing here that packets could meet, and none are forwarded.
    pub(super) fn is_untouched_and_forwards_nothing(&self) -> bool {
        let forwards = |(key, value): (&Key, &String)| {
            matches!(key.as_str().rsplit('/').next(), Some("ip_forward" | "forwarding")) && value != "0"
        };
        let ipv4: Key = "net/ipv4/ip_forward".parse().expect("a setting");
        self.route.state == rosc_route::State::default()
            && self.nftables.state.tables.is_empty()
            && self.sysctl.values.contains_key(&ipv4)
            && !self.sysctl.values.iter().any(forwards)
    }

    /// What of it rosc owns.
    pub fn owned(self) -> Desired {
        Desired {
            route: self.route.state,
            nftables: Arc::unwrap_or_clone(self.nftables.state),
            sysctl: self.sysctl.state,
            ebpf: self.ebpf.state,
        }
    }
}

/// Stands for what a setting was before rosc, where there is no machine to tell.
const FORMER_VALUE: &str = "(its former value)";

/// The numbers by which the kernel knows rules are worth nothing elsewhere.
fn only_state<S: Serializer>(observed: &rosc_nftables::Observed, serializer: S) -> Result<S::Ok, S::Error> {
    observed.state.serialize(serializer)
}

fn of_state<'de, D: Deserializer<'de>>(deserializer: D) -> Result<rosc_nftables::Observed, D::Error> {
    rosc_nftables::State::deserialize(deserializer).map(Into::into)
}
