//! Whether rules make the kernel track connections.

use crate::dynamic::Meter;
use crate::expr::Expr;
use crate::state::{Chain, ChainType, State, Table};
use crate::statement::{Mark, MarkValue, Statement};

impl State {
    /// Says whether the kernel tracks connections because of these tables: it begins to with the first rule that asks
    /// for a connection, and with the first chain of type nat, and loads its module for that.
    pub fn tracks_connections(&self) -> bool {
        self.tables.values().any(Table::tracks_connections)
    }
}

impl Table {
    /// Says the same of one table.
    pub fn tracks_connections(&self) -> bool {
        self.chains.values().any(Chain::tracks_connections)
    }
}

impl Table {
    /// Says whether it translates addresses.
    pub fn translates(&self) -> bool {
        self.chains.values().filter_map(|chain| chain.hook).any(|hook| hook.kind == ChainType::Nat)
    }
}

impl Chain {
    fn tracks_connections(&self) -> bool {
        self.hook.is_some_and(|hook| hook.kind == ChainType::Nat)
            || self.rules.iter().flat_map(|rule| rule.statements()).any(asks_for_connections)
    }
}

fn asks_for_connections(statement: &Statement) -> bool {
    match statement {
        Statement::Match(condition) => is_of_connections(condition.left()),
        Statement::Vmap(vmap) => is_of_connections(vmap.key()),
        Statement::SetMark(set) => {
            let reads = |value| matches!(value, MarkValue::Bits { of: Mark::Connection, .. });
            set.mark == Mark::Connection || reads(set.value)
        }
        // The kernel looks connections up for it (`nft_connlimit_do_init`).
        Statement::SetUpdate(update) => matches!(update.meter, Some(Meter::Connections(_))),
        // A helper is that of a connection, and what is in a flow table is one.
        Statement::Nat(_) | Statement::SetHelper(_) | Statement::FlowAdd(_) => true,
        // It exempts packets from what others ask for.
        Statement::Notrack => false,
        Statement::Limit(_)
        | Statement::Counter(_)
        | Statement::Log(_)
        | Statement::SetMaxseg(_)
        | Statement::SetField(_) => false,
        Statement::Verdict(_) | Statement::Reject(_) | Statement::Opaque(_) => false,
    }
}

fn is_of_connections(expr: &Expr) -> bool {
    match expr {
        Expr::Ct(_) => true,
        Expr::Masked(inner, _) => is_of_connections(inner),
        Expr::Meta(_) | Expr::Payload(_) | Expr::TcpOption(_) | Expr::Rt(_) => false,
        Expr::Fib(_) | Expr::Jhash(_) | Expr::Numgen(_) => false,
        Expr::IpOption(_) | Expr::Exthdr(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::{ct, meta};
    use crate::{CtState, Family, InterfaceName, Name, Rule, SetMark, Verdict};
    use rosc_target::Origin;
    use std::num::NonZeroU32;

    fn state(statements: Vec<Statement>) -> State {
        let mut state = State::default();
        let chain = state.table(Family::Ip).chain(&Name::new("chain").unwrap());
        chain.rules.push(Rule::new(Origin::IMPLIED, statements).unwrap());
        state
    }

    #[test]
    fn rules_about_connections_are_told_from_others() {
        let lan = || meta::iifname().eq(InterfaceName::new("lan").unwrap());
        let bits = NonZeroU32::new(0xff).unwrap();
        assert!(!State::default().tracks_connections());
        assert!(!state(vec![lan(), Verdict::Drop.into()]).tracks_connections());
        assert!(!state(vec![SetMark::constant(Mark::Packet, 1).into()]).tracks_connections());
        assert!(state(vec![ct::state().any_of(CtState::NEW)]).tracks_connections());
        assert!(state(vec![lan(), SetMark::copied(Mark::Packet, bits).into()]).tracks_connections());
        assert!(state(vec![SetMark::constant(Mark::Connection, 1).into()]).tracks_connections());
    }
}
