//! How far a TCP connection has come, as connection tracking sees it, and which segments it takes for none of it.
//!
//! Source: RouterOS is Linux here, `nf_conntrack_proto_tcp.c`, whose states these are. Sequence numbers are not followed: they are
//! taken to fit, and a SYN in the middle of a connection is never believed, which it would be once it is acknowledged.

use super::conntrack::Direction;
use crate::ir::firewall::TcpFlag;
use std::collections::BTreeSet;

/// How far a TCP connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// One side has asked.
    SynSent,
    /// Both sides have asked.
    SynSentByBoth,
    /// The other side has agreed.
    SynReceived,
    /// It carries data. A connection that is picked up in the middle begins here.
    Established,
    /// A side has ended it.
    FinWait,
    /// That was acknowledged.
    CloseWait,
    /// Both sides have ended it.
    LastAck,
    /// That was acknowledged too.
    TimeWait,
    /// A side has reset it, or the router by a rule that rejects (`nf_ct_set_closing`).
    Close,
}

/// What is known of a TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handshake {
    phase: Phase,
    /// Whether a side has ended it.
    is_ended: bool,
    last: Last,
}

/// What of its last segment decides on what the next one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// A SYN of the side that began, behind the ends of both.
    SynBehindEnds,
    /// A RST of this side.
    Rst(Direction),
    Other,
}

/// What a segment is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Syn,
    SynAck,
    Fin,
    Ack,
    Rst,
}

impl Segment {
    fn of(flags: &BTreeSet<TcpFlag>) -> Option<Self> {
        let has = |flag| flags.contains(&flag);
        if has(TcpFlag::Rst) {
            Some(Self::Rst)
        } else if has(TcpFlag::Syn) {
            Some(if has(TcpFlag::Ack) { Self::SynAck } else { Self::Syn })
        } else if has(TcpFlag::Fin) {
            Some(Self::Fin)
        } else {
            has(TcpFlag::Ack).then_some(Self::Ack)
        }
    }
}

impl Phase {
    /// What is behind a segment, unless it begins a connection anew. `None` if it can't be of the connection: it is invalid.
    fn after(self, direction: Direction, segment: Segment) -> Option<Self> {
        use Phase::{
            Close, CloseWait, Established, FinWait, LastAck, SynReceived, SynSent, SynSentByBoth, TimeWait,
        };
        match (segment, direction, self) {
            (Segment::Rst, ..) => Some(Close),
            // What may be of another connection than is known of passes, and changes nothing.
            (Segment::Syn, Direction::Original, _) => Some(self),
            (Segment::Syn, Direction::Reply, SynSent | SynSentByBoth) => Some(SynSentByBoth),
            (Segment::Syn, Direction::Reply, _) => None,
            (Segment::SynAck, Direction::Original, SynSentByBoth | SynReceived)
            | (Segment::SynAck, Direction::Reply, SynSent | SynSentByBoth) => Some(SynReceived),
            (Segment::SynAck, Direction::Original, _) => None,
            (Segment::SynAck, Direction::Reply, _) => Some(self),
            (Segment::Ack, Direction::Reply, SynSent | SynSentByBoth | SynReceived) => Some(self),
            (Segment::Ack | Segment::Fin, _, SynSent | SynSentByBoth) => None,
            (Segment::Ack, _, SynReceived | Established) => Some(Established),
            (Segment::Ack, _, FinWait | CloseWait) => Some(CloseWait),
            (Segment::Ack, _, LastAck | TimeWait) => Some(TimeWait),
            (Segment::Fin, _, SynReceived | Established) => Some(FinWait),
            (Segment::Fin, _, FinWait | CloseWait | LastAck) => Some(LastAck),
            (Segment::Fin, _, TimeWait) => Some(TimeWait),
            (Segment::Ack | Segment::Fin, _, Close) => Some(Close),
        }
    }
}

impl Handshake {
    /// A connection that carries data.
    pub(super) const ESTABLISHED: Self = Self::at(Phase::Established);

    const fn at(phase: Phase) -> Self {
        Self { phase, is_ended: false, last: Last::Other }
    }

    /// What a segment of no known connection begins. With `is_loose` (`loose-tcp-tracking`) it may be picked
    /// up in the middle by an ACK alone, but never by an answer, an end or a reset.
    pub(super) fn begun_by(flags: &BTreeSet<TcpFlag>, is_loose: bool) -> Option<Self> {
        match Segment::of(flags)? {
            Segment::Syn => Some(Self::at(Phase::SynSent)),
            Segment::Ack => is_loose.then_some(Self::ESTABLISHED),
            Segment::SynAck | Segment::Fin | Segment::Rst => None,
        }
    }

    /// What is behind a segment. `None` if it can't be of the connection: it is invalid.
    pub(super) fn after(self, direction: Direction, flags: &BTreeSet<TcpFlag>) -> Option<Self> {
        let segment = Segment::of(flags)?;
        let (is_answer, is_last) = (direction == Direction::Reply, self.phase == Phase::LastAck);
        if self.last == Last::SynBehindEnds && is_answer && segment == Segment::Ack {
            // The other side objects to the SYN (RFC 5961), which acknowledges no end.
            return Some(Self { last: Last::Other, ..self });
        }
        let phase = self.phase.after(direction, segment)?;
        let is_ended = self.is_ended || phase == Phase::FinWait;
        let last = match (segment, direction) {
            (Segment::Syn, Direction::Original) if is_last => Last::SynBehindEnds,
            (Segment::Rst, direction) => Last::Rst(direction),
            _ => Last::Other,
        };
        Some(Self { phase, is_ended, last })
    }

    /// What is behind a rule that rejects.
    pub(super) fn closed(self) -> Self {
        Self { phase: Phase::Close, ..self }
    }

    /// Whether it carries data.
    pub(super) fn is_established(self) -> bool {
        self.phase == Phase::Established
    }

    /// Whether a segment begins a connection anew in the place of this one: where a side has ended it, or the same side has just
    /// reset it.
    pub(super) fn is_begun_anew(self, direction: Direction, flags: &BTreeSet<TcpFlag>) -> bool {
        let may_begin = match direction {
            Direction::Original => matches!(self.phase, Phase::TimeWait | Phase::Close),
            Direction::Reply => self.phase == Phase::TimeWait,
        };
        may_begin
            && Segment::of(flags) == Some(Segment::Syn)
            && (self.is_ended || self.last == Last::Rst(direction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Segments that are written as `>syn` and `<syn,ack`.
    fn segments(written: &str) -> impl Iterator<Item = (Direction, BTreeSet<TcpFlag>)> {
        written.split(' ').map(|segment| {
            let (direction, flags) = segment.split_at(1);
            let flags = flags.split(',').map(|flag| match flag {
                "syn" => TcpFlag::Syn,
                "ack" => TcpFlag::Ack,
                "fin" => TcpFlag::Fin,
                "rst" => TcpFlag::Rst,
                other => panic!("no flag: {other}"),
            });
            (if direction == ">" { Direction::Original } else { Direction::Reply }, flags.collect())
        })
    }

    /// What is behind segments that begin no other connection.
    fn handshake(written: &str) -> Option<Handshake> {
        let mut handshake: Option<Handshake> = None;
        for (direction, flags) in segments(written) {
            handshake = Some(match handshake {
                None => Handshake::begun_by(&flags, true)?,
                Some(known) => {
                    assert!(!known.is_begun_anew(direction, &flags), "{written}");
                    known.after(direction, &flags)?
                }
            });
        }
        handshake
    }

    fn behind(written: &str) -> Option<Phase> {
        handshake(written).map(|handshake| handshake.phase)
    }

    /// Whether a SYN begins a connection anew behind these segments.
    fn begins_anew(written: &str, direction: Direction) -> bool {
        let known = handshake(written).expect("of the connection");
        known.is_begun_anew(direction, &BTreeSet::from([TcpFlag::Syn]))
    }

    #[test]
    fn a_handshake_opens_a_connection() {
        assert_eq!(behind(">syn <syn,ack >ack <ack"), Some(Phase::Established));
        assert_eq!(behind(">syn <syn <syn,ack"), Some(Phase::SynReceived), "both may ask at once");
        assert_eq!(behind(">ack <ack"), Some(Phase::Established), "picked up in the middle");
        assert_eq!(behind(">syn <rst,ack"), Some(Phase::Close));
    }

    #[test]
    fn both_sides_end_a_connection() {
        for (written, phase) in [
            (">ack <fin,ack", Phase::FinWait),
            (">ack <fin,ack >ack", Phase::CloseWait),
            (">ack <fin,ack >ack >fin,ack", Phase::LastAck),
            (">ack <fin,ack >fin,ack", Phase::LastAck),
            (">ack <fin,ack >fin,ack <ack", Phase::TimeWait),
            (">ack <fin,ack >fin,ack <ack >fin,ack", Phase::TimeWait),
        ] {
            assert_eq!(behind(written), Some(phase), "{written}");
        }
    }

    #[test]
    fn a_connection_begins_anew_once_it_is_over() {
        for ended in [">ack >fin,ack <fin,ack >ack", ">ack <fin,ack >fin,ack <ack"] {
            assert!(
                begins_anew(ended, Direction::Original) && begins_anew(ended, Direction::Reply),
                "{ended}"
            );
        }
        assert!(!begins_anew(">ack >fin,ack <fin,ack", Direction::Original), "the last end is open");
        assert!(begins_anew(">ack >fin,ack <rst", Direction::Original));
        assert!(begins_anew(">ack >rst", Direction::Original), "who has reset it may ask again");
        assert!(!begins_anew(">ack <rst", Direction::Original), "but not the other side");
        assert!(!begins_anew(">ack >rst", Direction::Reply) && !begins_anew(">ack <rst", Direction::Reply));
        assert!(!begins_anew(">ack >rst >ack", Direction::Original), "nor with anything in between");
    }

    #[test]
    fn a_syn_in_the_middle_changes_nothing() {
        assert_eq!(behind(">ack >syn <syn,ack"), Some(Phase::Established));
        assert_eq!(behind(">ack <rst >syn <syn,ack"), Some(Phase::Close));
        assert_eq!(behind(">ack <fin,ack >fin,ack >syn <ack"), Some(Phase::LastAck), "an objection");
        assert_eq!(behind(">ack <fin,ack >fin,ack >syn <ack <ack"), Some(Phase::TimeWait));
    }

    #[test]
    fn what_a_rule_has_closed_stays_so_until_its_source_has_reset_it_too() {
        let closed = handshake(">ack").expect("picked up").closed();
        let after = |direction, flag| closed.after(direction, &BTreeSet::from([flag]));
        for direction in [Direction::Original, Direction::Reply] {
            assert_eq!(after(direction, TcpFlag::Ack), Some(closed));
            assert_eq!(after(direction, TcpFlag::Fin), Some(closed));
        }
        assert_eq!(after(Direction::Reply, TcpFlag::Syn), None);
        let ask = BTreeSet::from([TcpFlag::Syn]);
        let [left, kept] = [Direction::Original, Direction::Reply]
            .map(|direction| after(direction, TcpFlag::Rst).expect("a reset is always of it"));
        assert!(
            left.is_begun_anew(Direction::Original, &ask) && !kept.is_begun_anew(Direction::Original, &ask)
        );
    }

    #[test]
    fn segments_that_can_not_be_of_the_connection_are_invalid() {
        for wrong in
            ["<syn,ack", ">rst", ">fin,ack", ">syn >ack", ">syn <fin,ack", ">ack <syn", ">syn <syn,ack <syn"]
        {
            assert_eq!(behind(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn without_loose_tracking_nothing_is_picked_up_in_the_middle() {
        let begun = |flag| Handshake::begun_by(&BTreeSet::from([flag]), false).map(|begun| begun.phase);
        assert_eq!(begun(TcpFlag::Ack), None);
        assert_eq!(begun(TcpFlag::Syn), Some(Phase::SynSent));
    }
}
