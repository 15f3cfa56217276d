//! Holds what was seen while a configuration was changed against what both versions of it mean.

use super::meaning::{Ends, Meaning, Sends, Versions, interface};
use super::senders::FIRST_FORBIDDEN;
use super::wire::{Content, Frame, Place, is_private};
use rosc::trace::State;
use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

/// A connection that lasts, as far as it is known.
pub(super) struct Bound {
    pub(super) place: Place,
    pub(super) source: Ipv4Addr,
    pub(super) state: State,
    pub(super) ends: Ends,
    pub(super) sends: Sends,
}

impl Bound {
    /// Whether both versions leave it as it is.
    pub(super) fn is_steady(&self, versions: Versions<'_, '_>) -> bool {
        versions.leave_alone(&self.state, self.ends, self.sends, self.source)
    }
}

/// Everything that was seen during one change, with the two versions.
pub(super) struct Window<'w, 'r> {
    pub(super) versions: Versions<'w, 'r>,
    /// By the ends that their hosts know.
    pub(super) bound: &'w HashMap<Ends, Bound>,
    pub(super) frames: &'w [Frame],
}

/// What is wrong.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Packets that both versions forward, and that have not arrived.
    pub(super) lost: Vec<String>,
    /// Packets that arrived as neither version has it: untranslated, or past a filter.
    pub(super) leaked: Vec<String>,
    /// Packets of connections that both versions leave alone, and that came another way.
    pub(super) moved: Vec<String>,
    /// How many new connections went the way of one version with the translation of the other.
    pub(super) mixed: usize,
}

impl Window<'_, '_> {
    /// Judges all that was seen.
    pub(super) fn judge(&self) -> Findings {
        let mut findings = Findings::default();
        let mut arrived: HashMap<Content, Vec<&Frame>> = HashMap::new();
        let mut answered: HashMap<Content, usize> = HashMap::new();
        for frame in self.frames {
            match (frame.place, frame.is_request()) {
                (Place::Provider(_), true) => arrived.entry(frame.content).or_default().push(frame),
                (Place::Lan, false) => *answered.entry(frame.content).or_default() += 1,
                _ => {}
            }
        }
        let mut sent: HashMap<Content, (usize, &Frame)> = HashMap::new();
        let mut answers: HashMap<Content, (usize, &Frame)> = HashMap::new();
        let mut opened: HashMap<Ends, &Frame> = HashMap::new();
        let mut asked: HashSet<(Ipv4Addr, u16)> =
            self.bound.keys().map(|ends| (*ends.destination.ip(), ends.source.port())).collect();
        let mut reset: HashSet<(Ipv4Addr, u16)> = HashSet::new();
        for frame in self.frames {
            match (frame.place, frame.is_request()) {
                (Place::Lan, true) => {
                    sent.entry(frame.content).or_insert((0, frame)).0 += 1;
                    if is_reset(&frame.content) {
                        reset.insert((frame.destination, frame.ports.0));
                    }
                    if frame.content.opens() {
                        asked.insert((frame.destination, frame.ports.0));
                    }
                    if frame.content.opens()
                        && let Some(first) = arrived.get(&frame.content).and_then(|seen| seen.first())
                    {
                        opened.insert(Ends::of(frame), first);
                    }
                }
                (Place::Provider(_), false) => answers.entry(frame.content).or_insert((0, frame)).0 += 1,
                _ => {}
            }
        }
        for (content, (count, frame)) in &sent {
            let seen = arrived.get(content).map_or(&[][..], Vec::as_slice);
            for one in seen {
                self.look_at(frame, one, &mut findings);
            }
            // The reset of a connection may overtake the last acknowledgement, which another processor sends.
            let is_overtaken = content.acknowledges() && reset.contains(&(frame.destination, frame.ports.0));
            if seen.len() < *count && !is_overtaken && self.must_arrive(frame, &opened) {
                let story = self.story((frame.destination, frame.ports.0));
                findings.lost.push(format!("{} of {count}: {frame:?} of\n{story}", count - seen.len()));
            }
        }
        for (content, (count, frame)) in &answers {
            let got = answered.get(content).copied().unwrap_or_default();
            // Who has reset a connection hears no more of it; some are of connections that were reset before.
            let ends = (frame.source, frame.ports.1);
            let is_awaited = match content {
                Content::Datagram(_) => sent.contains_key(content),
                Content::Segment { .. } => asked.contains(&ends) && !reset.contains(&ends),
            };
            if got < *count && is_awaited && self.must_be_answered(frame) {
                let story = self.story((frame.source, frame.ports.1));
                findings.lost.push(format!("{} of {count} answers: {frame:?} of\n{story}", count - got));
            }
        }
        findings
    }

    /// All that was seen of a connection, as far as ports tell, which translations mostly keep.
    fn story(&self, (far, port): (Ipv4Addr, u16)) -> String {
        let is_its = |frame: &&Frame| {
            (frame.destination, frame.ports.0) == (far, port) || (frame.source, frame.ports.1) == (far, port)
        };
        let place = |frame: &Frame| interface(frame.place);
        let lines = self.frames.iter().filter(is_its).map(|frame| {
            let Frame { source, destination, content, .. } = frame;
            format!("    {} {source} -> {destination} {content:?}\n", place(frame))
        });
        lines.take(60).collect()
    }

    /// Looks at a packet that has arrived. `sent` is the same as it began.
    fn look_at(&self, sent: &Frame, seen: &Frame, findings: &mut Findings) {
        let ends = Ends::of(sent);
        if is_forbidden(&sent.content) {
            findings.leaked.push(format!("past a filter: {seen:?}"));
        }
        let sends = Sends::of(&sent.content);
        let is_as_meant = || {
            self.versions
                .both()
                .iter()
                .any(|version| version.may_leave(ends, sends, seen.place, seen.source.into()))
        };
        let is_new = !self.bound.contains_key(&ends) && sends != Sends::Segments;
        if (is_new || is_private(seen.source)) && !is_reset(&sent.content) && !is_as_meant() {
            let is_exempt = |version: &&Meaning<'_>| {
                let leaving = version.leaving(&State::default(), ends, sends);
                leaving.is_some_and(|ways| ways.iter().all(|way| way.source == *ends.source.ip()))
            };
            if is_private(seen.source) && !self.versions.both().iter().all(is_exempt) {
                findings.leaked.push(format!("untranslated: {seen:?}"));
            } else {
                findings.mixed += 1;
            }
        }
        if let Some(bound) = self.bound.get(&ends)
            && bound.is_steady(self.versions)
            && bound.place != seen.place
        {
            findings.moved.push(format!("from {}: {seen:?}", interface(bound.place)));
        }
    }

    /// Whether both versions forward a request.
    fn must_arrive(&self, frame: &Frame, opened: &HashMap<Ends, &Frame>) -> bool {
        if is_forbidden(&frame.content) || is_reset(&frame.content) {
            return false;
        }
        let (ends, sends) = (Ends::of(frame), Sends::of(&frame.content));
        if let Some(bound) = self.bound.get(&ends) {
            return bound.is_steady(self.versions);
        }
        if sends == Sends::Segments {
            let Some(first) = opened.get(&ends) else { return false };
            let states = self
                .versions
                .both()
                .into_iter()
                .filter_map(|version| version.bind(ends, Sends::Syn, first.place, first.source.into()));
            let states: Vec<State> = states.collect();
            let stays = |state| self.versions.leave_alone(state, ends, sends, first.source);
            return !states.is_empty() && states.iter().all(stays);
        }
        self.versions.forward(ends, sends)
    }

    /// Whether both versions let an answer back in. Who asks by an address that only one version has may lose it.
    fn must_be_answered(&self, frame: &Frame) -> bool {
        let has_moved = || {
            self.bound.values().any(|bound| {
                let is_its =
                    bound.ends.destination.ip() == &frame.source && bound.ends.source.port() == frame.ports.1;
                is_its && !bound.is_steady(self.versions)
            })
        };
        !is_reset(&frame.content) && self.versions.have_address(frame.destination) && !has_moved()
    }
}

fn is_forbidden(content: &Content) -> bool {
    matches!(content, Content::Datagram(message) if message.flow >= FIRST_FORBIDDEN)
}

fn is_reset(content: &Content) -> bool {
    const RST: u8 = 4;
    matches!(content, Content::Segment { flags, .. } if flags & RST != 0)
}
