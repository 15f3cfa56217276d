//! The built-in chains of the firewall's menus.

use std::fmt;

/// The built-in chains of a menu.
pub trait Hook: Copy + Ord + fmt::Debug + 'static {
    /// All of them, in the order in which a packet meets them.
    const ALL: &'static [Self];

    /// RouterOS's name of the chain.
    fn name(self) -> &'static str;

    /// Whether packets have an incoming interface here that rules can ask for.
    fn has_in_interface(self) -> bool;

    /// Whether packets have an outgoing interface here that rules can ask for.
    fn has_out_interface(self) -> bool;
}

/// The built-in chains of `nat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum NatHook {
    Dstnat,
    Input,
    Output,
    Srcnat,
}

/// The built-in chains of `filter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum FilterHook {
    Input,
    Forward,
    Output,
}

/// The built-in chains of `raw`, which stand before connection tracking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum RawHook {
    Prerouting,
    Output,
}

/// The built-in chains of `mangle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum MangleHook {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

impl Hook for NatHook {
    const ALL: &'static [Self] = &[Self::Dstnat, Self::Input, Self::Output, Self::Srcnat];

    fn name(self) -> &'static str {
        match self {
            Self::Dstnat => "dstnat",
            Self::Input => "input",
            Self::Output => "output",
            Self::Srcnat => "srcnat",
        }
    }

    fn has_in_interface(self) -> bool {
        matches!(self, Self::Dstnat | Self::Input)
    }

    fn has_out_interface(self) -> bool {
        matches!(self, Self::Output | Self::Srcnat)
    }
}

impl NatHook {
    /// Whether the chain translates sources (the others translate destinations).
    pub fn translates_source(self) -> bool {
        match self {
            Self::Input | Self::Srcnat => true,
            Self::Dstnat | Self::Output => false,
        }
    }
}

impl Hook for MangleHook {
    const ALL: &'static [Self] =
        &[Self::Prerouting, Self::Input, Self::Forward, Self::Output, Self::Postrouting];

    fn name(self) -> &'static str {
        match self {
            Self::Prerouting => "prerouting",
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
            Self::Postrouting => "postrouting",
        }
    }

    fn has_in_interface(self) -> bool {
        matches!(self, Self::Prerouting | Self::Input | Self::Forward)
    }

    fn has_out_interface(self) -> bool {
        matches!(self, Self::Forward | Self::Output | Self::Postrouting)
    }
}

impl MangleHook {
    /// Whether a routing mark set here is still in time for the routing decision.
    pub fn is_before_routing(self) -> bool {
        match self {
            Self::Prerouting | Self::Output => true,
            Self::Input | Self::Forward | Self::Postrouting => false,
        }
    }
}

impl Hook for FilterHook {
    const ALL: &'static [Self] = &[Self::Input, Self::Forward, Self::Output];

    fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
        }
    }

    fn has_in_interface(self) -> bool {
        matches!(self, Self::Input | Self::Forward)
    }

    fn has_out_interface(self) -> bool {
        matches!(self, Self::Forward | Self::Output)
    }
}

impl Hook for RawHook {
    const ALL: &'static [Self] = &[Self::Prerouting, Self::Output];

    fn name(self) -> &'static str {
        match self {
            Self::Prerouting => "prerouting",
            Self::Output => "output",
        }
    }

    fn has_in_interface(self) -> bool {
        matches!(self, Self::Prerouting)
    }

    fn has_out_interface(self) -> bool {
        matches!(self, Self::Output)
    }
}
