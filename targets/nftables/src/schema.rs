//! nft's JSON: the only file that names the crate `nftables`, for itself and the files below it.
//!
//! Its types are used where nft takes what they encode. Plain JSON stands where they encode something that
//! nft refuses (`notrack`, plain verdicts in a verdict map), have no place for it (the operator `!`,
//! `netmap`, `rt ipsec`), or would print a set of flags in a random order. Protocols are written as numbers, because
//! nft looks their names up in `/etc/protocols`.

mod dynamic;
mod expression;
mod statement;
mod values;

use crate::canonical;
use crate::flowtable::Flowtable;
use crate::helper::CtHelper;
use crate::kind::SetKey;
use crate::rule::Rule;
use crate::state::{BaseHook, ChainType, Family, Hook, Policy, TABLE};
use nftables::expr as nft_expr;
use nftables::schema::{Chain, Set, SetFlag, SetType, SetTypeValue, Table};
use nftables::stmt as nft_stmt;
use nftables::types::{NfChainPolicy, NfChainType, NfFamily, NfHook};
use serde::Serialize;
use serde_json::{Value, json};

pub(crate) use dynamic::create_commands;
pub(crate) use statement::statement;
pub(crate) use values::Elements;

/// Returns a table as it stands in commands.
pub(crate) fn table(family: Family) -> Value {
    to_value(&Table { family: nf_family(family), name: TABLE.into(), handle: None })
}

/// Returns a chain as it stands in commands; without a hook where only the name matters.
pub(crate) fn chain(family: Family, name: &str, hook: Option<BaseHook>) -> Value {
    to_value(&Chain {
        family: nf_family(family),
        table: TABLE.into(),
        name: name.into(),
        newname: None,
        handle: None,
        _type: hook.map(|hook| match hook.kind {
            ChainType::Filter => NfChainType::Filter,
            ChainType::Nat => NfChainType::NAT,
            ChainType::Route => NfChainType::Route,
        }),
        hook: hook.map(|hook| match hook.hook {
            Hook::Prerouting => NfHook::Prerouting,
            Hook::Input => NfHook::Input,
            Hook::Forward => NfHook::Forward,
            Hook::Output => NfHook::Output,
            Hook::Postrouting => NfHook::Postrouting,
        }),
        prio: hook.map(|hook| hook.priority),
        dev: None,
        policy: hook.map(|hook| match hook.policy {
            Policy::Accept => NfChainPolicy::Accept,
            Policy::Drop => NfChainPolicy::Drop,
        }),
    })
}

/// Returns a set without its elements. Every set takes intervals, so that none has to be made anew when its
/// first prefix, range or wildcard comes.
pub(crate) fn set(family: Family, name: &str, key: SetKey) -> Value {
    to_value(&Set {
        family: nf_family(family),
        table: TABLE.into(),
        name: name.into(),
        handle: None,
        set_type: SetTypeValue::Single(match key {
            SetKey::Ipv4Addr => SetType::Ipv4Addr,
            SetKey::Ipv6Addr => SetType::Ipv6Addr,
            SetKey::InterfaceName => SetType::Ifname,
            SetKey::InetProto => SetType::InetProto,
            SetKey::InetService => SetType::InetService,
            SetKey::Mark => SetType::Mark,
        }),
        policy: None,
        flags: Some([SetFlag::Interval].into()),
        elem: None,
        timeout: None,
        gc_interval: None,
        size: None,
        comment: None,
    })
}

/// Returns a connection tracking helper.
pub(crate) fn helper(family: Family, name: &str, helper: &CtHelper) -> Value {
    json!({
        "family": nf_family(family),
        "table": TABLE,
        "name": name,
        "type": helper.helper,
        "protocol": helper.protocol.keyword(),
        "l3proto": family.keyword(),
    })
}

/// Returns a flow table. The crate has one too, but with a name for a handle.
pub(crate) fn flowtable(family: Family, name: &str, flowtable: &Flowtable) -> Value {
    json!({
        "family": nf_family(family),
        "table": TABLE,
        "name": name,
        "hook": "ingress",
        "prio": flowtable.priority,
        "dev": flowtable.devices,
    })
}

/// Returns the statements of a rule.
pub(crate) fn statements(rule: &Rule) -> Vec<Value> {
    canonical::loaded(rule.statements()).map(|one| statement(&one)).collect()
}

/// Returns where a rule of a chain stands or comes. Written by hand, because the type of the crate has only 32 bits for a
/// handle, and the kernel 64.
pub(crate) fn rule_place(family: Family, chain: &str, handle: Option<u64>) -> Value {
    let mut object = json!({ "family": family, "table": TABLE, "chain": chain });
    if let Some(handle) = handle {
        object["handle"] = handle.into();
    }
    object
}

/// Returns a rule as it stands in commands, in front of the one with a handle or at the end of the chain.
pub(crate) fn rule(family: Family, chain: &str, rule: &Rule, before: Option<u64>) -> Value {
    let mut object = rule_place(family, chain, before);
    object["expr"] = Value::Array(statements(rule));
    if let Some(comment) = rule.comment() {
        object["comment"] = comment.as_str().into();
    }
    json!({ "rule": object })
}

fn nf_family(family: Family) -> NfFamily {
    match family {
        Family::Ip => NfFamily::IP,
        Family::Ip6 => NfFamily::IP6,
    }
}

fn to_value(schema: &impl Serialize) -> Value {
    serde_json::to_value(schema).expect("the schema has string keys only")
}
