//! Our own nftables table in each address family, as a declarative target.
//!
//! A [`State`] says what the tables hold: sets, chains and rules. [`Nftables`] reads what the kernel has, compares,
//! and makes the difference in one transaction. What did not change is not touched: its handles and counters
//! stay. Tables that are not ours are neither read nor changed.
//!
//! Rules are built from [selectors](select) and [statements](Statement) and kept in the one form in which nft
//! lists them, so that comparing is comparing values:
//!
//! ```
//! use rosc_nftables::select::{ct, meta, tcp};
//! use rosc_nftables::{CtState, InterfaceName, Rule, Verdict};
//! use rosc_target::Origin;
//!
//! let rule = Rule::new(
//!     Origin::IMPLIED,
//!     [
//!         ct::state().any_of(CtState::NEW),
//!         meta::iifname().eq(InterfaceName::new("wan")?),
//!         tcp::dport().eq(22u16),
//!         Verdict::Drop.into(),
//!     ],
//! )?;
//! assert_eq!(rule.to_string(), r#"iifname "wan" tcp dport 22 ct state new counter drop"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Three renderings exist of the one model: nft's JSON, in which it is loaded; nft's own language, for people
//! ([`text`]); and the reader of nft's JSON listing. A rule is also serialised as nft's JSON.

mod assembly;
mod bits;
mod canonical;
mod change;
mod command;
pub mod conntrack;
mod counted;
mod datatype;
mod diff;
mod dynamic;
mod edit;
mod expr;
mod flowtable;
pub mod hash;
mod helper;
mod interface;
mod interval;
mod kernel;
mod keyword;
pub mod kind;
mod limit;
mod mac;
mod matching;
mod merge;
mod merging;
mod name;
mod nat;
mod nft;
mod observed;
mod opaque;
mod protocol;
mod quoted;
mod range;
mod read;
mod refusal;
mod reject;
mod revert;
mod rule;
mod schema;
pub mod select;
mod sequence;
mod set_field;
mod stages;
mod state;
mod statement;
mod symbol;
mod target;
pub mod text;
mod time;
mod tracking;
mod translation;
mod values;
mod vmap;

pub use bits::{Bits, CtState, CtStatus, TcpFlags};
pub use change::{Action, Change, Run};
pub use counted::{Counted, Placed};
pub use datatype::Datatype;
pub use dynamic::{CtCount, DynamicType, Key, KeyField, Lifetime, SetUpdate};
pub use expr::{
    Ct, Expr, Exthdr, Fib, IcmpField, Ip6Field, IpField, IpOption, Jhash, Meta, Numgen, NumgenMode, Payload,
    PortField, Rt, TcpOption, Transport,
};
pub use flowtable::Flowtable;
pub use helper::{CtHelper, HelperName, HelperProtocol, InvalidHelper};
pub use interface::{InterfaceName, Interfaces, InvalidInterface};
pub use interval::{Interval, InvalidInterval, Point};
pub use kind::{AddressType, Direction, Dscp, SetKey};
pub use limit::{InvalidLimit, Limit, LimitPer, LimitUnit};
pub use mac::{InvalidMac, MacAddress};
pub use matching::{Match, Operand, Test};
pub use name::{InvalidName, Name, SetName};
pub use nat::{Nat, NatAddresses, NatFlags, NatPrefix, NatTo};
pub use observed::Observed;
pub use opaque::{Opaque, OpaqueObject};
pub use protocol::Protocol;
pub use quoted::{Comment, LogPrefix};
pub use range::Ranges;
pub use reject::{Reject, Unreachable, Unreachable6};
pub use rule::{InvalidRule, Rule};
pub use set_field::SetField;
pub use stages::Stages;
pub use state::{BaseHook, Chain, ChainType, Family, Hook, Policy, Set, SetType, State, TABLE, Table};
pub use statement::{Counter, Mark, Maxseg, SetMark, Statement, Verdict};
pub use target::Nftables;
pub use time::{InvalidSecond, SecondOfDay, Weekday};
pub use translation::missing_translation;
pub use values::Values;
pub use vmap::Vmap;
