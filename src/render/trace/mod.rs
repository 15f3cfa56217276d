//! The way of a packet, for people and for machines: both forms are made of one [`Traced`].

mod shares;
mod steps;
mod text;
mod words;

pub use shares::{Share, Shares, shares_text};
pub use text::text;
pub use words::packet_words;

use crate::ir::nexthop::Unresolved;
use crate::source::Sources;
use crate::trace::{
    Arrival, Classify, Difference, End, Hints, Lost, Possible, Ranges, Reason, State, Tracer, WayBack,
    answer_to, way_back, way_back_of_reaction,
};
use rosc_target::Origin;
use serde::Serialize;

/// A packet with all ways that it may take.
#[derive(Debug, Serialize)]
pub struct Traced {
    /// The packet as it begins.
    pub packet: String,
    /// The interface by which it comes in; `null` for one of the router's own.
    pub interface: Option<String>,
    /// The ways, at least one.
    pub ways: Vec<TracedWay>,
}

/// One way.
#[derive(Debug, Serialize)]
pub struct TracedWay {
    /// How many of such packets take it, up to 1.
    pub share: f64,
    /// What happens, in order.
    pub steps: Vec<TracedStep>,
    /// Where it ends.
    pub end: TracedEnd,
    /// What is remarkable about it.
    pub remarks: Vec<String>,
    /// The way of the answer, if there is one, or of the error or reset that the router sends.
    pub answer: Option<Traced>,
}

/// Something that happens.
#[derive(Debug, Serialize)]
pub struct TracedStep {
    /// Where: `connection`, `mangle prerouting`, `routing` and the like.
    pub stage: String,
    /// What.
    pub text: String,
    /// The line that makes it so.
    #[serde(flatten)]
    pub line: Option<Line>,
}

/// A line of the configuration.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Line {
    pub file: String,
    pub line: u32,
    pub rule: String,
}

/// Where a packet ends.
#[derive(Debug, Serialize)]
pub struct TracedEnd {
    /// `leaves`, `delivered`, `dropped` or `refused`.
    pub kind: &'static str,
    /// In a sentence without its first word.
    pub text: String,
    /// The interface by which it leaves.
    pub interface: Option<String>,
    /// The neighbour that gets it, if that is not the destination.
    pub gateway: Option<String>,
    /// The packet as it ends.
    pub packet: Option<String>,
    /// The line that ends it.
    #[serde(flatten)]
    pub line: Option<Line>,
}

/// What tracing takes.
pub struct Tracing<'a, 'r> {
    /// The router.
    pub tracer: &'a Tracer<'r>,
    /// Its sources.
    pub sources: &'a Sources,
    /// Who decides about classifiers.
    pub classify: &'a Classify<'a>,
}

impl<'r> Tracing<'_, 'r> {
    /// Follows a packet and its answer, or what the router itself says to it. The state becomes what the first way leaves
    /// behind, without the answer of another.
    pub fn packet(&self, state: &mut State, arrival: &Arrival) -> Traced {
        let ways = self.tracer.ways(state, arrival, self.hints());
        let shown = ways.iter().map(|way| {
            let mut after = state.clone();
            after.keep(&way.effect);
            let answer = match answer_to(&way.trace.end) {
                Some(answer) => Some(self.answer(&after, arrival, &answer)),
                None => self.reaction(&mut after, arrival, way),
            };
            (self.way(way, answer), after)
        });
        let (shown, mut after): (Vec<_>, Vec<_>) = shown.unzip();
        *state = after.swap_remove(0);
        traced(arrival, shown)
    }

    fn hints(&self) -> Hints<'_> {
        Hints { classify: self.classify, ranges: Ranges::First }
    }

    fn answer(&self, state: &State, sent: &Arrival, answer: &Arrival) -> Traced {
        let ways = self.tracer.ways(state, answer, self.hints());
        let shown = ways.iter().map(|back| {
            let mut shown = self.way(back, None);
            shown.remarks.extend(remark_on(way_back(sent, &back.trace), sent).map(str::to_owned));
            shown
        });
        traced(answer, shown.collect())
    }

    /// Follows what the router itself says to a packet that is at its end. The state becomes what the first way leaves.
    fn reaction(&self, state: &mut State, sent: &Arrival, to: &Possible<'r>) -> Option<Traced> {
        let reaction = self.tracer.reaction(sent, to)?;
        let ways = self.tracer.ways_of_reaction(state, &reaction, self.hints());
        let shown = ways.iter().map(|back| {
            let mut shown = self.way(back, None);
            let back = way_back_of_reaction(sent, &back.trace);
            shown.remarks.extend(remark_on(back, sent).map(str::to_owned));
            shown
        });
        let traced = traced(&reaction.arrival, shown.collect());
        state.keep(&ways[0].effect);
        Some(traced)
    }

    fn way(&self, way: &Possible<'r>, answer: Option<Traced>) -> TracedWay {
        let steps = way.trace.steps.iter().flat_map(|step| self.step(step)).collect();
        let remarks = way.trace.difference.map(difference).into_iter().collect();
        TracedWay { share: way.share, steps, end: self.end(&way.trace.end), remarks, answer }
    }

    fn end(&self, end: &End<'r>) -> TracedEnd {
        let (kind, text, interface, gateway, packet, origin) = match end {
            End::Leaves { interface, gateway, packet } => {
                let to =
                    gateway.map_or_else(|| packet.destination.to_string(), |gateway| gateway.to_string());
                let words = packet_words(packet);
                let text = format!("by {interface} to {to}, as {words}");
                let gateway = gateway.map(|gateway| gateway.to_string());
                ("leaves", text, Some(interface.to_string()), gateway, Some(words), None)
            }
            End::Delivered(packet) => {
                let words = packet_words(packet);
                ("delivered", format!("to the router itself, as {words}"), None, None, Some(words), None)
            }
            End::Dropped(reason) => ("dropped", why(reason).to_owned(), None, None, None, origin_of(reason)),
            End::Refused(error, reason) => {
                let text = format!("{}, and told the sender: {}", why(reason), words::icmp_error(*error));
                ("refused", text, None, None, None, origin_of(reason))
            }
            End::Reset(reason) => {
                let text = format!("{}, and reset the connection", why(reason));
                ("refused", text, None, None, None, origin_of(reason))
            }
        };
        TracedEnd {
            kind,
            text,
            interface,
            gateway,
            packet,
            line: origin.and_then(|origin| self.line(origin)),
        }
    }

    /// The line at an origin: the rule in one line of its own.
    fn line(&self, origin: Origin) -> Option<Line> {
        let at = self.sources.locate(origin)?;
        let words: Vec<&str> =
            self.sources.slice(origin).split_whitespace().filter(|word| *word != "\\").collect();
        Some(Line { file: at.file, line: at.line, rule: words.join(" ") })
    }
}

fn traced(arrival: &Arrival, ways: Vec<TracedWay>) -> Traced {
    let interface = arrival.interface.as_ref().map(ToString::to_string);
    Traced { packet: packet_words(&arrival.packet), interface, ways }
}

fn difference(difference: Difference) -> String {
    match difference {
        Difference::MarkedForTheRouter => {
            "RouterOS 7 looks into the table of the mark first, as shown; Linux delivers the packet to the router"
        }
        Difference::KeepsWay => {
            "RouterOS looks into table main alone, as shown; Linux keeps the way that the connection had before its short cut"
        }
    }
    .to_owned()
}

fn remark_on(back: WayBack, sent: &Arrival) -> Option<&'static str> {
    match (back, &sent.interface) {
        (WayBack::Good, _) => None,
        (WayBack::OtherInterface, _) => {
            Some("the answer leaves by another interface than the one that the packet came in by")
        }
        (WayBack::NotTranslatedBack, _) => {
            Some("the answer does not look like one: its addresses are not those that the sender knows")
        }
        (WayBack::Lost, Some(_)) => Some("the answer does not get back to the sender"),
        (WayBack::Lost, None) => Some("the answer does not get back to the router"),
    }
}

fn why(reason: &Reason<'_>) -> &'static str {
    match reason {
        Reason::BadSource => "no packet from outside has such a source",
        Reason::BadDestination => "no packet is sent to such a destination",
        Reason::ReversePath => "rp-filter: an answer would not leave by the interface that it came in by",
        Reason::NotForwarding => "the router forwards nothing",
        Reason::Firewall(_) => "a rule of the firewall says so",
        Reason::Rule(_) => "a routing rule says so",
        Reason::Route(_) => "a route says so",
        Reason::NoRoute => "no route leads there",
        Reason::Group => "broadcast and multicast are not forwarded",
        Reason::TimeToLive => "its time to live ended here",
        Reason::Clash => {
            "behind the translation it looks like another connection, and has no port to be told apart by"
        }
        Reason::Masqueraded => "its connection is masqueraded behind another interface, and ends with this",
        Reason::NoAddress => "the configuration has no address that it could be given",
    }
}

fn origin_of(reason: &Reason<'_>) -> Option<Origin> {
    match reason {
        Reason::Rule(rule) => Some(rule.origin),
        Reason::Route(origin) | Reason::Firewall(origin) => Some(*origin),
        _ => None,
    }
}

/// Why a route lost, as the end of "not used: ".
fn lost(why: Lost) -> String {
    match why {
        Lost::LongerPrefix => "another prefix is longer".to_owned(),
        Lost::Connected => "what is connected comes first".to_owned(),
        Lost::Distance => "its distance is larger".to_owned(),
        Lost::NeverUsed => "a distance of 255 is never used".to_owned(),
        Lost::NoFib => "its table is not used for forwarding".to_owned(),
        Lost::Arbitrary => "RouterOS 6 uses one of several equal routes".to_owned(),
        Lost::Gateway(Unresolved::NoRoute) => "nothing leads to its gateway".to_owned(),
        Lost::Gateway(Unresolved::ScopeTooSmall(scope)) => {
            format!("its gateway takes target-scope={scope} to be found")
        }
        Lost::Gateway(Unresolved::NotAnswering) => "its gateway does not answer".to_owned(),
        Lost::Gateway(Unresolved::InterfaceDown) => "its interface is down".to_owned(),
    }
}
