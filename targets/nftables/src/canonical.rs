//! The canonical form of a rule: the one that nft would list.
//!
//! nft does not list what it was given. It reads the kernel's instructions and guesses which matches a user
//! would have written: it drops a match on the transport protocol that a following match on that protocol's
//! header implies, names `th` after the protocol that it knows by then, and sorts neighbouring header fields
//! that it had merged into one comparison by their place in the header (seen with nft 1.0.6). All of that is
//! undone here by giving every rule one form, whichever way it came in.

mod transport;

pub(crate) use transport::is_protocol;

use crate::expr::Expr;
use crate::interface::Interfaces;
use crate::matching::Match;
use crate::merging::keep_apart;
use crate::rule::InvalidRule;
use crate::statement::Statement;
use crate::values::Values;
use std::borrow::Cow;
use transport::{
    chooses_protocols, demand_protocol_first, drop_implied_protocol, name_transports, refuse_conflicts,
    refuse_ports_without_protocol, refuse_reset_without_tcp, unlisted,
};

/// Returns the canonical form of statements that we made.
pub(crate) fn made(mut statements: Vec<Statement>) -> Result<Vec<Statement>, InvalidRule> {
    put_counting_last(leading_conditions(&mut statements));
    refuse_misplaced(&statements)?;
    refuse_neighbouring_interfaces(&statements)?;
    demand_protocol_first(&mut statements);
    name_transports(&mut statements)?;
    // Before anything is sorted, as it changes what is.
    keep_apart(&mut statements);
    let mut statements = listed(statements);
    refuse_conflicts(&statements)?;
    refuse_ports_without_protocol(&statements)?;
    refuse_reset_without_tcp(&statements)?;
    if !statements.iter().any(|statement| matches!(statement, Statement::Counter(_))) {
        let behind = leading_conditions(&mut statements).len();
        statements.insert(behind, Statement::counter());
    }
    Ok(statements)
}

/// Returns the statements as they have to be loaded, so that they do what they say and are listed as they are.
pub(crate) fn loaded(statements: &[Statement]) -> impl Iterator<Item = Cow<'_, Statement>> {
    unlisted(statements).map(Cow::Owned).into_iter().chain(statements.iter().map(Cow::Borrowed))
}

/// Returns the canonical form of statements that were listed.
pub(crate) fn listed(mut statements: Vec<Statement>) -> Vec<Statement> {
    // What can't be named stays as it is: such a rule is not ours, and only has to differ from ours.
    let _not_ours = name_transports(&mut statements);
    let leading = leading_conditions(&mut statements).len();
    let mut rest = statements.split_off(leading);
    drop_implied_protocol(&mut statements);
    sort_runs(&mut statements);
    statements.append(&mut rest);
    statements
}

/// Each condition that counts sees the packets that the ones before it let pass; what deals packets out and stands
/// behind one stays there, so that what is counted is not what it lets pass. So does a choice of protocols right in front
/// of it, which is there for its sake: of these it reads the ports.
fn put_counting_last(matches: &mut [Statement]) {
    let counts = matches.iter().position(Statement::is_stateful);
    let is_dealt = |place: usize| matches.get(place).is_some_and(deals);
    let stays_behind = |place: usize, statement: &Statement| {
        let waits = is_dealt(place) || (chooses_protocols(statement) && is_dealt(place + 1));
        statement.is_stateful() || (waits && counts.is_some_and(|counts| counts < place))
    };
    let mut placed: Vec<(bool, Statement)> =
        matches.iter().enumerate().map(|(place, one)| (stays_behind(place, one), one.clone())).collect();
    placed.sort_by_key(|(is_behind, _)| *is_behind);
    for (place, (_, statement)) in matches.iter_mut().zip(placed) {
        *place = statement;
    }
}

fn deals(statement: &Statement) -> bool {
    matches!(statement, Statement::Match(condition) if condition.left.deals())
}

fn leading_conditions(statements: &mut [Statement]) -> &mut [Statement] {
    let count = statements.iter().take_while(|statement| statement.is_condition()).count();
    &mut statements[..count]
}

/// Sorts the matches between the conditions that count packets; a match that stands twice is kept once, unless it is
/// drawn anew.
fn sort_runs(matches: &mut Vec<Statement>) {
    for run in matches.split_mut(Statement::is_stateful) {
        run.sort_by(|a, b| match (a, b) {
            (Statement::Match(a), Statement::Match(b)) => sort_key(a).cmp(&sort_key(b)),
            _ => std::cmp::Ordering::Equal,
        });
    }
    let changes = |statement: &Statement| matches!(statement, Statement::Match(one) if one.left.changes());
    matches.dedup_by(|next, kept| next == kept && !changes(next));
}

fn sort_key(condition: &Match) -> (&Expr, &Match) {
    (condition.left.unmasked(), condition)
}

/// nft 1.0.6 merges comparisons of neighbouring header fields even across other statements: given `udp dport
/// 53`, `counter`, `udp sport 53` it loads a rule that counts all of UDP. So all matches have to come first.
fn refuse_misplaced(statements: &[Statement]) -> Result<(), InvalidRule> {
    let mut behind = statements.iter().skip_while(|statement| statement.is_condition());
    if behind.any(Statement::is_condition) {
        return Err(InvalidRule::MatchBehindAction);
    }
    match statements.iter().position(Statement::is_terminal) {
        Some(end) if end + 1 < statements.len() => Err(InvalidRule::AfterTheEnd),
        Some(_) | None => Ok(()),
    }
}

fn refuse_neighbouring_interfaces(statements: &[Statement]) -> Result<(), InvalidRule> {
    for statement in statements {
        let names: Interfaces = statement
            .values()
            .into_iter()
            .filter_map(|values| if let Values::Interfaces(names) = values { Some(names) } else { None })
            .flat_map(Interfaces::as_slice)
            .cloned()
            .collect();
        if let Some((wildcard, name)) = names.neighbours() {
            return Err(InvalidRule::NeighbouringInterfaces(wildcard.clone(), name.clone()));
        }
    }
    Ok(())
}
