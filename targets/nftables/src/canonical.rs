//! The canonical form of a rule: the one that nft would list.
//!
//! nft does not list what it was given. It reads the kernel's instructions and guesses which matches a user
//! would have written: it drops a match on the transport protocol that a following match on that protocol's
//! header implies, names `th` after the protocol that it knows by then, and sorts neighbouring header fields
//! that it had merged into one comparison by their place in the header (seen with nft 1.0.6). All of that is
//! undone here by giving every rule one form, whichever way it came in.

use crate::expr::{Expr, IpField, Meta, Payload, Transport};
use crate::interface::Interfaces;
use crate::matching::{Match, Operand, Test};
use crate::merging::keep_apart;
use crate::protocol::Protocol;
use crate::range::Ranges;
use crate::reject::Reject;
use crate::rule::InvalidRule;
use crate::statement::Statement;
use crate::values::Values;

/// Returns the canonical form of statements that we made.
pub(crate) fn made(mut statements: Vec<Statement>) -> Result<Vec<Statement>, InvalidRule> {
    put_counting_last(leading_conditions(&mut statements));
    refuse_misplaced(&statements)?;
    refuse_neighbouring_interfaces(&statements)?;
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

/// Each condition that counts sees the packets that the ones before it let pass; what deals packets out and stands behind one
/// stays there, so that what is counted is not what it lets pass.
fn put_counting_last(matches: &mut [Statement]) {
    let counts = matches.iter().position(Statement::is_stateful);
    let stays_behind = |place: usize, statement: &Statement| {
        statement.is_stateful() || (deals(statement) && counts.is_some_and(|counts| counts < place))
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

/// Returns what a statement compares or looks up.
fn key(statement: &Statement) -> Option<&Expr> {
    match statement {
        Statement::Match(condition) => Some(&condition.left),
        Statement::Vmap(vmap) => Some(&vmap.key),
        Statement::Limit(_) | Statement::Counter(_) | Statement::Log(_) | Statement::Notrack => None,
        Statement::SetMark(_) | Statement::SetMaxseg(_) | Statement::SetField(_) | Statement::Nat(_) => None,
        Statement::Reject(_) | Statement::Verdict(_) | Statement::Opaque(_) => None,
    }
}

fn key_mut(statement: &mut Statement) -> Option<&mut Expr> {
    match statement {
        Statement::Match(condition) => Some(&mut condition.left),
        Statement::Vmap(vmap) => Some(&mut vmap.key),
        Statement::Limit(_) | Statement::Counter(_) | Statement::Log(_) | Statement::Notrack => None,
        Statement::SetMark(_) | Statement::SetMaxseg(_) | Statement::SetField(_) | Statement::Nat(_) => None,
        Statement::Reject(_) | Statement::Verdict(_) | Statement::Opaque(_) => None,
    }
}

/// Returns the transport protocols that a match on the protocol itself lets pass.
fn protocols_compared(statement: &Statement) -> Option<&Ranges<u32>> {
    match statement {
        Statement::Match(Match { left, test: Test::In(Operand::Values(values)) })
            if compares_protocol(left) =>
        {
            values.numbers()
        }
        _ => None,
    }
}

fn compares_protocol(left: &Expr) -> bool {
    matches!(left, Expr::Meta(Meta::L4proto) | Expr::Payload(Payload::Ip(IpField::Protocol)))
}

/// Returns the transport protocols whose headers or options the expression reads.
fn protocols_read(expr: &Expr) -> impl Iterator<Item = Protocol> {
    let option = matches!(expr.unmasked(), Expr::TcpOption(_)).then_some(Protocol::TCP);
    option.into_iter().chain(headers_read(expr))
}

/// Returns the transport protocols of which the expression reads fixed parts of the header.
fn headers_read(expr: &Expr) -> impl Iterator<Item = Protocol> {
    expr.payloads().iter().filter_map(|payload| payload.transport())
}

/// Returns the transport protocols that nft wants packets to have for the statement.
fn protocols_needed(statement: &Statement) -> impl Iterator<Item = Protocol> {
    let reset = matches!(statement, Statement::Reject(Reject::TcpReset)).then_some(Protocol::TCP);
    key(statement).into_iter().flat_map(protocols_read).chain(reset)
}

/// Returns the transport protocol that packets have for certain once they have passed the statement.
fn protocol_behind(statement: &Statement) -> Option<Protocol> {
    let compared = protocols_compared(statement).and_then(|protocols| protocols.single());
    match compared.and_then(|number| u8::try_from(number).ok()) {
        Some(number) => Some(Protocol(number)),
        None => protocols_read(key(statement)?).next(),
    }
}

/// Writes the ports of any protocol as those of the protocol that is known where they stand.
///
/// Among the matches at the start of a rule the order does not matter, as all of them have to be fulfilled.
fn name_transports(statements: &mut [Statement]) -> Result<(), InvalidRule> {
    let leading = leading_conditions(statements).len();
    let mut known = statements[..leading].iter().find_map(protocol_behind);
    let mut outcome = Ok(());
    for statement in statements {
        known = known.or_else(|| protocol_behind(statement));
        let payloads = key_mut(statement).map(Expr::payloads_mut).unwrap_or_default();
        for payload in payloads {
            let (Payload::Port(transport @ Transport::Any, _), Some(protocol)) = (payload, known) else {
                continue;
            };
            // nft lists a look at the ports of ICMP as one at ICMP's own fields.
            match Transport::with_protocol(protocol) {
                Some(named) => *transport = named,
                None => outcome = Err(InvalidRule::NoPorts(protocol)),
            }
        }
    }
    outcome
}

/// Leaves out matches on the transport protocol that another match implies by reading that protocol's header.
///
/// A look at a TCP option implies TCP as well, and nft lists no match on the protocol beside it. But nft
/// wants one to be loaded where ports are translated. So that match belongs to the canonical form.
fn drop_implied_protocol(matches: &mut Vec<Statement>) {
    let implied = matches.iter().filter_map(key).find_map(|key| protocols_read(key).next());
    let Some(implied) = implied else { return };
    matches.retain(|statement| match protocols_compared(statement) {
        Some(protocols) => !protocols.contains(implied.into()),
        None => true,
    });
    if matches.iter().filter_map(key).flat_map(headers_read).next().is_none() {
        let tcp = Operand::Values(Values::Numbers(Ranges::from_iter([u32::from(implied)])));
        matches.insert(0, Match::new(Expr::Meta(Meta::L4proto), Test::In(tcp)).into());
    }
}

/// Sorts the matches between those that count packets; a match that stands twice is kept once, unless it is drawn anew.
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

/// nft wants a single protocol to be known where a header is read, so a choice of several conflicts as well.
fn refuse_conflicts(statements: &[Statement]) -> Result<(), InvalidRule> {
    let needed = statements.iter().flat_map(protocols_needed);
    let behind = statements.iter().filter_map(protocol_behind);
    let mut demanded = needed.chain(behind);
    let Some(known) = demanded.next() else { return Ok(()) };
    if let Some(other) = demanded.find(|&other| other != known) {
        return Err(InvalidRule::ConflictingProtocols(known, other));
    }
    let needs_one = statements.iter().flat_map(protocols_needed).next().is_some();
    for protocols in statements.iter().filter_map(protocols_compared) {
        let mut choice = protocols.iter().flat_map(|interval| interval.low()..=interval.high());
        let other = choice.find(|&number| number != u32::from(known)).and_then(|n| u8::try_from(n).ok());
        if let Some(other) = other
            && (needs_one || !protocols.contains(known.into()))
        {
            return Err(InvalidRule::ConflictingProtocols(Protocol(other), known));
        }
    }
    Ok(())
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

/// nft translates ports only if it knows the transport protocols, and all of them have ports.
fn refuse_ports_without_protocol(statements: &[Statement]) -> Result<(), InvalidRule> {
    let sets_ports = |statement: &Statement| matches!(statement, Statement::Nat(nat) if nat.sets_ports());
    if !statements.iter().any(sets_ports) {
        return Ok(());
    }
    let compared = statements.iter().filter_map(protocols_compared).flat_map(Ranges::iter);
    let compared = compared.flat_map(|interval| interval.low()..=interval.high());
    let compared = compared.filter_map(|number| u8::try_from(number).ok()).map(Protocol);
    let read = statements.iter().filter_map(key).flat_map(headers_read);
    let mut protocols = compared.chain(read).peekable();
    if protocols.peek().is_none() {
        return Err(InvalidRule::PortsWithoutProtocol);
    }
    match protocols.find(|&protocol| Transport::with_protocol(protocol).is_none()) {
        Some(portless) => Err(InvalidRule::NoPorts(portless)),
        None => Ok(()),
    }
}

/// nft would put a match on TCP in front of the rule by itself.
fn refuse_reset_without_tcp(statements: &[Statement]) -> Result<(), InvalidRule> {
    let resets = statements.iter().any(|one| matches!(one, Statement::Reject(Reject::TcpReset)));
    let is_tcp = statements.iter().filter_map(protocol_behind).any(|protocol| protocol == Protocol::TCP);
    if resets && !is_tcp { Err(InvalidRule::ResetWithoutTcp) } else { Ok(()) }
}
