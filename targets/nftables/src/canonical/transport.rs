//! Transport protocols: which ones a rule names, which ones it needs, and what nft makes of both.

use crate::expr::{Expr, IpField, Meta, Payload, Transport};
use crate::matching::{Match, Operand, Test};
use crate::protocol::Protocol;
use crate::range::Ranges;
use crate::reject::Reject;
use crate::rule::InvalidRule;
use crate::statement::Statement;
use crate::values::Values;

/// Returns what a statement compares or looks up in one piece.
fn key(statement: &Statement) -> Option<&Expr> {
    match statement {
        Statement::Match(condition) => Some(&condition.left),
        Statement::Vmap(vmap) => Some(&vmap.key),
        Statement::Limit(_) | Statement::SetUpdate(_) | Statement::Counter(_) | Statement::Log(_) => None,
        Statement::Notrack | Statement::SetHelper(_) | Statement::FlowAdd(_) => None,
        Statement::SetMark(_)
        | Statement::SetMaxseg(_)
        | Statement::SetField(_)
        | Statement::Nat(_)
        | Statement::Reject(_) => None,
        Statement::Verdict(_) | Statement::Opaque(_) => None,
    }
}

/// Returns the header fields that a statement reads.
fn fields(statement: &Statement) -> Vec<Payload> {
    match statement {
        Statement::SetUpdate(update) => update.key.fields.iter().map(|field| field.payload).collect(),
        other => key(other).map(Expr::payloads).unwrap_or_default().to_vec(),
    }
}

fn fields_mut(statement: &mut Statement) -> Vec<&mut Payload> {
    let payloads = match statement {
        Statement::Match(condition) => condition.left.payloads_mut(),
        Statement::Vmap(vmap) => vmap.key.payloads_mut(),
        Statement::SetUpdate(update) => {
            return update.key.fields.iter_mut().map(|field| &mut field.payload).collect();
        }
        Statement::Limit(_) | Statement::Counter(_) | Statement::Log(_) => return Vec::new(),
        Statement::Notrack | Statement::SetHelper(_) | Statement::FlowAdd(_) => return Vec::new(),
        Statement::SetMark(_) | Statement::SetMaxseg(_) => return Vec::new(),
        Statement::SetField(_) | Statement::Nat(_) | Statement::Reject(_) => return Vec::new(),
        Statement::Verdict(_) | Statement::Opaque(_) => return Vec::new(),
    };
    payloads.iter_mut().collect()
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

/// Returns the transport protocols whose headers or options the statement reads.
fn protocols_read(statement: &Statement) -> impl Iterator<Item = Protocol> {
    let is_option = matches!(key(statement).map(Expr::unmasked), Some(Expr::TcpOption(_)));
    is_option.then_some(Protocol::TCP).into_iter().chain(headers_read(statement))
}

/// Returns the transport protocols of which the statement reads fixed parts of the header.
fn headers_read(statement: &Statement) -> impl Iterator<Item = Protocol> {
    fields(statement).into_iter().filter_map(Payload::transport)
}

/// Returns the transport protocols that nft wants packets to have for the statement.
fn protocols_needed(statement: &Statement) -> impl Iterator<Item = Protocol> {
    let reset = matches!(statement, Statement::Reject(Reject::TcpReset)).then_some(Protocol::TCP);
    protocols_read(statement).chain(reset)
}

/// Returns the transport protocol that packets have for certain once they have passed the statement.
fn protocol_behind(statement: &Statement) -> Option<Protocol> {
    let compared = protocols_compared(statement).and_then(|protocols| protocols.single());
    match compared.and_then(|number| u8::try_from(number).ok()) {
        Some(number) => Some(Protocol(number)),
        None => protocols_read(statement).next(),
    }
}

/// Whether a match lets several protocols pass.
pub(super) fn chooses_protocols(statement: &Statement) -> bool {
    protocols_compared(statement).is_some_and(|protocols| protocols.single().is_none())
}

/// Writes the ports of any protocol as those of the protocol that is known where they stand.
///
/// Among the matches at the start of a rule the order does not matter, as all of them have to be fulfilled.
pub(super) fn name_transports(statements: &mut [Statement]) -> Result<(), InvalidRule> {
    let leading = super::leading_conditions(statements).len();
    let mut known = statements[..leading].iter().find_map(protocol_behind);
    let mut outcome = Ok(());
    for statement in statements {
        known = known.or_else(|| protocol_behind(statement));
        for payload in fields_mut(statement) {
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

/// Puts a match on the transport protocol in front if the protocol's header is read only behind a condition that is no
/// match.
///
/// nft would put that match directly in front of the reader, and limits before it would see packets of all protocols.
pub(super) fn demand_protocol_first(statements: &mut Vec<Statement>) {
    let conditions = super::leading_conditions(statements);
    let seen = before_boundary(conditions).len();
    let wanted = conditions[seen..].iter().find_map(|one| protocols_read(one).next());
    let is_known = conditions[..seen].iter().any(|one| protocol_behind(one).is_some());
    if let Some(protocol) = wanted
        && !is_known
    {
        statements.insert(0, is_protocol(protocol));
    }
}

/// Returns a match that has to be loaded in front of the statements, although nft will not list it.
///
/// What deals packets out can stand behind a match that counts them, and read a header. nft lists no match on the
/// protocol beside it, wherever it stands. But given none it puts one directly in front of the reader, and packets of
/// all protocols would be counted.
pub(super) fn unlisted(statements: &[Statement]) -> Option<Statement> {
    let count = statements.iter().take_while(|statement| statement.is_condition()).count();
    let conditions = before_boundary(&statements[..count]);
    let counts = conditions.iter().position(Statement::is_stateful)?;
    let (before, behind) = conditions.split_at(counts + 1);
    let is_known = before.iter().any(|one| protocol_behind(one).is_some());
    let read = behind.iter().find_map(|one| protocols_read(one).next())?;
    (!is_known).then(|| is_protocol(read))
}

pub(crate) fn is_protocol(protocol: Protocol) -> Statement {
    let values = Values::Numbers(Ranges::from_iter([u32::from(protocol)]));
    Match::new(Expr::Meta(Meta::L4proto), Test::In(Operand::Values(values))).into()
}

/// Returns the conditions up to the first one that is no match, and that one as well if it reads headers.
///
/// When nft 1.0.6 comes to such a condition, it forgets which match on the protocol it could leave out.
fn before_boundary(conditions: &[Statement]) -> &[Statement] {
    let boundary = conditions.iter().position(|one| !matches!(one, Statement::Match(_)));
    boundary.map_or(conditions, |boundary| &conditions[..=boundary])
}

/// Leaves out matches on the transport protocol that another match implies by reading that protocol's header.
///
/// A look at a TCP option implies TCP as well, and nft lists no match on the protocol beside it. But nft
/// wants one to be loaded where ports are translated. So that match belongs to the canonical form.
pub(super) fn drop_implied_protocol(conditions: &mut Vec<Statement>) {
    let readers = before_boundary(conditions);
    let Some(implied) = readers.iter().find_map(|one| protocols_read(one).next()) else { return };
    let only_options = readers.iter().flat_map(headers_read).next().is_none();
    conditions.retain(|statement| match protocols_compared(statement) {
        Some(protocols) => !protocols.contains(implied.into()),
        None => true,
    });
    if only_options {
        conditions.insert(0, is_protocol(implied));
    }
}

/// nft wants a single protocol to be known where a header is read, so a choice of several conflicts as well.
pub(super) fn refuse_conflicts(statements: &[Statement]) -> Result<(), InvalidRule> {
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

/// nft translates ports only if it knows the transport protocols, and all of them have ports.
pub(super) fn refuse_ports_without_protocol(statements: &[Statement]) -> Result<(), InvalidRule> {
    let sets_ports = |statement: &Statement| matches!(statement, Statement::Nat(nat) if nat.sets_ports());
    if !statements.iter().any(sets_ports) {
        return Ok(());
    }
    let compared = statements.iter().filter_map(protocols_compared).flat_map(Ranges::iter);
    let compared = compared.flat_map(|interval| interval.low()..=interval.high());
    let compared = compared.filter_map(|number| u8::try_from(number).ok()).map(Protocol);
    let read = statements.iter().flat_map(headers_read);
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
pub(super) fn refuse_reset_without_tcp(statements: &[Statement]) -> Result<(), InvalidRule> {
    let resets = statements.iter().any(|one| matches!(one, Statement::Reject(Reject::TcpReset)));
    let is_tcp = statements.iter().filter_map(protocol_behind).any(|protocol| protocol == Protocol::TCP);
    if resets && !is_tcp { Err(InvalidRule::ResetWithoutTcp) } else { Ok(()) }
}
