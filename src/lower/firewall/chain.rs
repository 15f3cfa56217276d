//! Where chains sit, and what they are called.

use crate::ir::firewall::{Chain, FilterHook, MangleHook, NatHook, RawHook};
use rosc_nftables::{BaseHook, ChainType, Hook, Name, Policy};
use rosc_target::fnv_1a;

/// A menu of rules whose chains have a place on Linux.
pub(super) trait Placed: crate::ir::firewall::Hook {
    /// The menu, in front of the names of its chains.
    const MENU: &'static str;

    /// Where packets enter the chain. RouterOS lets pass what no rule decides about.
    fn place(self) -> BaseHook;
}

impl Placed for MangleHook {
    const MENU: &'static str = "mangle";

    fn place(self) -> BaseHook {
        const MANGLE: i32 = -150;
        let (kind, hook) = match self {
            Self::Prerouting => (ChainType::Filter, Hook::Prerouting),
            Self::Input => (ChainType::Filter, Hook::Input),
            Self::Forward => (ChainType::Filter, Hook::Forward),
            // RouterOS routes the router's own packets again when mangle marked them; this type does the same.
            Self::Output => (ChainType::Route, Hook::Output),
            Self::Postrouting => (ChainType::Filter, Hook::Postrouting),
        };
        BaseHook { kind, hook, priority: MANGLE, policy: Policy::Accept }
    }
}

impl Placed for NatHook {
    const MENU: &'static str = "nat";

    fn place(self) -> BaseHook {
        const DSTNAT: i32 = -100;
        const SRCNAT: i32 = 100;
        let (hook, priority) = match self {
            Self::Dstnat => (Hook::Prerouting, DSTNAT),
            Self::Input => (Hook::Input, SRCNAT),
            Self::Output => (Hook::Output, DSTNAT),
            Self::Srcnat => (Hook::Postrouting, SRCNAT),
        };
        BaseHook { kind: ChainType::Nat, hook, priority, policy: Policy::Accept }
    }
}

impl Placed for RawHook {
    const MENU: &'static str = "raw";

    fn place(self) -> BaseHook {
        // In front of the reassembly of fragments (-400), as on RouterOS.
        const RAW: i32 = -450;
        let hook = match self {
            Self::Prerouting => Hook::Prerouting,
            Self::Output => Hook::Output,
        };
        BaseHook { kind: ChainType::Filter, hook, priority: RAW, policy: Policy::Accept }
    }
}

impl Placed for FilterHook {
    const MENU: &'static str = "filter";

    fn place(self) -> BaseHook {
        const FILTER: i32 = 0;
        let hook = match self {
            Self::Input => Hook::Input,
            Self::Forward => Hook::Forward,
            Self::Output => Hook::Output,
        };
        BaseHook { kind: ChainType::Filter, hook, priority: FILTER, policy: Policy::Accept }
    }
}

/// The name of a chain: `mangle_prerouting`; `mangle_u_NAME` for one that the configuration made up.
pub(super) fn chain_name<H: Placed>(chain: &Chain<H>) -> Name {
    match chain {
        Chain::Base(hook) => object_name(H::MENU, hook.name()),
        Chain::Custom(name) => object_name(&format!("{}_u", H::MENU), name.as_str()),
    }
}

/// A name that nft takes: `PREFIX_NAME`. Characters that it doesn't take become `_`, and a hash of the whole name at
/// the end keeps such names apart.
pub(super) fn object_name(prefix: &str, name: &str) -> Name {
    const LONGEST: usize = 100;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let text = if name.chars().all(plain) && name.len() <= LONGEST && !ends_like_a_hash(name) {
        format!("{prefix}_{name}")
    } else {
        let plain: String = name.chars().take(LONGEST).map(|c| if plain(c) { c } else { '_' }).collect();
        format!("{prefix}_{plain}-{:016x}", fnv_1a(name.as_bytes()))
    };
    Name::new(&text).expect("a letter, then letters, digits, `_`, `.` and `-`, and not too long")
}

/// A plain name that ends as one with a hash does gets one too, or it could be taken for that.
fn ends_like_a_hash(name: &str) -> bool {
    name.rsplit_once('-')
        .is_some_and(|(_, end)| end.len() == 16 && end.chars().all(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay_readable_and_others_stay_apart() {
        assert_eq!(object_name("al", "cn-list").as_str(), "al_cn-list");
        let (blank, quote) = (object_name("al", "a b"), object_name("al", "a\"b"));
        assert!(blank.as_str().starts_with("al_a_b-"));
        assert_ne!(blank, quote);
        assert!(object_name("al", &"x".repeat(5000)).as_str().len() < 255);
        let forged = blank.as_str().strip_prefix("al_").expect("the prefix");
        assert_ne!(object_name("al", forged), blank);
    }
}
