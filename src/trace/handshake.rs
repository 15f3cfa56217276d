//! How far a TCP connection has come, as connection tracking sees it, and which segments it takes for none of it.
//!
//! Source: RouterOS is Linux here, `nf_conntrack_proto_tcp.c`. What ends a connection in good order is not told apart
//! from what it carries: no rule can see that.

use super::conntrack::Direction;
use crate::ir::firewall::TcpFlag;
use std::collections::BTreeSet;

/// How far a TCP connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// One side has asked.
    Asked,
    /// Both sides have asked.
    BothAsked,
    /// The other side has agreed.
    Agreed,
    /// It carries data. A connection that is picked up in the middle begins here.
    Open,
    /// A side has reset it.
    Reset,
    /// The router has, by a rule that rejects (`nf_ct_set_closing`).
    Closed {
        /// Whether the last segment was a reset of the side that began.
        is_left: bool,
    },
}

/// What a segment is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Ask,
    Agree,
    End,
    Data,
    Reset,
}

impl Segment {
    fn of(flags: &BTreeSet<TcpFlag>) -> Option<Self> {
        let has = |flag| flags.contains(&flag);
        if has(TcpFlag::Rst) {
            Some(Self::Reset)
        } else if has(TcpFlag::Syn) {
            Some(if has(TcpFlag::Ack) { Self::Agree } else { Self::Ask })
        } else if has(TcpFlag::Fin) {
            Some(Self::End)
        } else {
            has(TcpFlag::Ack).then_some(Self::Data)
        }
    }
}

impl Phase {
    /// What a segment of no known connection begins. With `is_loose` (`loose-tcp-tracking`) it may be picked
    /// up in the middle by an ACK alone, but never by an answer, an end or a reset.
    pub(super) fn begun_by(flags: &BTreeSet<TcpFlag>, is_loose: bool) -> Option<Self> {
        match Segment::of(flags)? {
            Segment::Ask => Some(Self::Asked),
            Segment::Data => is_loose.then_some(Self::Open),
            Segment::Agree | Segment::End | Segment::Reset => None,
        }
    }

    /// What is behind a segment. `None` if it can't be of the connection: it is invalid.
    pub(super) fn after(self, direction: Direction, flags: &BTreeSet<TcpFlag>) -> Option<Self> {
        if let Self::Closed { .. } = self {
            return Self::after_closing(direction, Segment::of(flags)?);
        }
        let is_asked = matches!(self, Self::Asked | Self::BothAsked);
        match (Segment::of(flags)?, direction) {
            (Segment::Reset, _) => Some(Self::Reset),
            (Segment::Ask, Direction::Original) => Some(self),
            (Segment::Ask, Direction::Reply) => is_asked.then_some(Self::BothAsked),
            (Segment::Agree, Direction::Original) => {
                matches!(self, Self::BothAsked | Self::Agreed).then_some(Self::Agreed)
            }
            (Segment::Agree, Direction::Reply) => Some(if is_asked { Self::Agreed } else { self }),
            (Segment::Data, Direction::Reply) => Some(self),
            (Segment::Data | Segment::End, Direction::Original) | (Segment::End, Direction::Reply) => {
                match self {
                    Self::Asked | Self::BothAsked => None,
                    Self::Agreed | Self::Open => Some(Self::Open),
                    Self::Reset | Self::Closed { .. } => Some(self),
                }
            }
        }
    }

    fn after_closing(direction: Direction, segment: Segment) -> Option<Self> {
        match (segment, direction) {
            (Segment::Agree, Direction::Original) | (Segment::Ask, Direction::Reply) => None,
            (segment, direction) => {
                let is_left = segment == Segment::Reset && direction == Direction::Original;
                Some(Self::Closed { is_left })
            }
        }
    }

    /// Whether a segment begins a connection anew in the place of this one.
    pub(super) fn is_begun_anew(self, direction: Direction, flags: &BTreeSet<TcpFlag>) -> bool {
        let asks = Segment::of(flags) == Some(Segment::Ask);
        let may_begin = matches!(self, Self::Reset | Self::Closed { is_left: true });
        may_begin && direction == Direction::Original && asks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The phase behind segments that are written as `>syn` and `<syn,ack`.
    fn behind(segments: &str) -> Option<Phase> {
        let mut phase = None;
        for segment in segments.split(' ') {
            let (direction, flags) = segment.split_at(1);
            let flags: BTreeSet<TcpFlag> = flags
                .split(',')
                .map(|flag| match flag {
                    "syn" => TcpFlag::Syn,
                    "ack" => TcpFlag::Ack,
                    "fin" => TcpFlag::Fin,
                    "rst" => TcpFlag::Rst,
                    other => panic!("no flag: {other}"),
                })
                .collect();
            let direction = if direction == ">" { Direction::Original } else { Direction::Reply };
            phase = Some(match phase {
                None => Phase::begun_by(&flags, true)?,
                Some(phase) => Phase::after(phase, direction, &flags)?,
            });
        }
        phase
    }

    #[test]
    fn a_handshake_opens_a_connection() {
        assert_eq!(behind(">syn <syn,ack >ack <ack >fin,ack"), Some(Phase::Open));
        assert_eq!(behind(">syn <syn <syn,ack"), Some(Phase::Agreed), "both may ask at once");
        assert_eq!(behind(">ack <ack"), Some(Phase::Open), "picked up in the middle");
        assert_eq!(behind(">syn <rst,ack"), Some(Phase::Reset));
    }

    #[test]
    fn what_a_rule_has_closed_is_never_open_again() {
        let closed = Phase::Closed { is_left: false };
        let after = |direction, flag| closed.after(direction, &BTreeSet::from([flag]));
        for direction in [Direction::Original, Direction::Reply] {
            assert_eq!(after(direction, TcpFlag::Ack), Some(closed));
            assert_eq!(after(direction, TcpFlag::Fin), Some(closed));
        }
        assert_eq!(after(Direction::Original, TcpFlag::Syn), Some(closed));
        assert_eq!(after(Direction::Reply, TcpFlag::Syn), None);
        // But it may begin anew once its source has reset it too.
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
        let begun = |flag| Phase::begun_by(&BTreeSet::from([flag]), false);
        assert_eq!(begun(TcpFlag::Ack), None);
        assert_eq!(begun(TcpFlag::Syn), Some(Phase::Asked));
    }
}
