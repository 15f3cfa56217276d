//! `/rosc fastpath`: which packets leave without the stack.

use crate::catalog::property::properties;
use crate::catalog::types::{Keyword, List, Seconds};
use crate::catalog::{Kind, Menu};
use crate::ir::{FastPathHash, FastPathMode, FastPathTable, FastPathWish};

/// `/rosc fastpath`.
pub static ROSC_FASTPATH: Menu = Menu {
    path: "/rosc/fastpath",
    becomes: "an eBPF program on each interface that forwards without the stack what no rule of the firewall touches, \
              and shares what takes a multipath route among its gateways by consistent hash",
    kind: Kind::Settings,
    groups: &[FastPathItem::PROPERTIES],
};

/// `groups`: which routes are shared by the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FastPathGroups {
    /// Each multipath route of `main`.
    Auto,
}

impl Keyword for Option<FastPathWish> {
    const SHAPE: &'static str = "yes, no or auto";
    const WORDS: &'static [(&'static str, Self)] =
        &[("no", None), ("yes", Some(FastPathWish::Yes)), ("auto", Some(FastPathWish::Auto))];
}

impl Keyword for FastPathGroups {
    const SHAPE: &'static str = "a choice of routes";
    const WORDS: &'static [(&'static str, Self)] = &[("auto", Self::Auto)];
}

impl Keyword for FastPathMode {
    const SHAPE: &'static str = "a place for the program";
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("tc", Self::Tc), ("xdp", Self::Xdp)];
}

impl Keyword for FastPathTable {
    const SHAPE: &'static str = "a size of tables";
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("4099", Self::Small), ("65537", Self::Large)];
}

properties! {
    /// What `/rosc fastpath` says.
    pub struct FastPathItem {
        enabled: "enabled" Option<FastPathWish> = "no", SameAs("with auto it is on where it is provably the same; with yes too, and what stands in its way elsewhere is warned of");
        interfaces: "interfaces" List<String>, SameAs("interfaces and interface lists whose incoming packets the program looks at; all that are routed on where nothing is written");
        groups: "groups" FastPathGroups = "auto", SameAs("each multipath route of table main with at least two neighbours is a group");
        hash_policy: "hash-policy" FastPathHash = "auto", SameAs("what groups of both families share packets by: auto is what the settings of each family say (l3, l3-inner or l4); the fields of per-connection-classifier are hashed alone, without the protocol");
        mode: "mode" FastPathMode = "auto", SameAs("where the program stands: auto is tc, which every device has; xdp is in the driver, and tc on bridges, which have none");
        table_size: "table-size" FastPathTable = "auto", SameAs("slots of a group's table: auto is 4099 for up to 16 members and 65537 for more");
        drain_time: "drain-time" Seconds = "5m", SameAs("how long after a change of its group a connection stays where it was");
    }
}
