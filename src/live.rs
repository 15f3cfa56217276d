//! What the kernel has counted for each firewall rule of a configuration. The text is made from the same value as the
//! JSON, so they can't disagree.

use crate::database::{Database, Item, MenuPath};
use rosc_nftables::{Counted, Counter, Observed, State};
use rosc_target::Origin;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Write;

/// The menus of rules, in the order of RouterOS's own.
const MENUS: &[MenuPath] = &[
    "/ip/firewall/filter",
    "/ip/firewall/nat",
    "/ip/firewall/mangle",
    "/ip/firewall/raw",
    "/ipv6/firewall/filter",
    "/ipv6/firewall/nat",
    "/ipv6/firewall/mangle",
    "/ipv6/firewall/raw",
];

/// The rules of a configuration, and what else is in the kernel's tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Live {
    /// Menu by menu, in the order of the lists.
    pub rules: Vec<LiveRule>,
    /// Rules in our tables that no line asks for.
    pub others: Vec<OtherRule>,
}

/// A line that makes a rule; one in a loop makes several, which are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct LiveRule {
    pub menu: MenuPath,
    pub file: Option<String>,
    pub line: Option<u32>,
    /// Its properties, as a command gives them.
    pub rule: String,
    /// How many rules the line makes.
    pub rules: usize,
    pub status: Status,
    /// What the kernel has counted, as far as it has the rule.
    pub packets: Option<u64>,
    pub bytes: Option<u64>,
}

/// A rule that no line asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct OtherRule {
    /// The rule as nft shows it, behind its family and chain.
    pub rule: String,
    pub packets: Option<u64>,
    pub bytes: Option<u64>,
}

/// Whether the kernel has a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It has.
    Applied,
    /// It has some of the rules that this one becomes.
    PartlyApplied,
    /// It has not.
    NotApplied,
    /// The rule can match nothing, so that it becomes none.
    MatchesNothing,
    /// The rule is disabled.
    Disabled,
}

/// How a line is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It names what follows.
    Heading,
    /// It counts.
    Plain,
    /// Nothing has been counted, and nothing is to be done about it.
    Quiet,
    /// The kernel is not as the configuration says.
    Remarkable,
}

/// Where a rule is written; origins themselves are all equal.
type Place = (u32, u32, u32);

/// What the kernel has of the rules that one line becomes.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    wanted: usize,
    found: usize,
    counter: Counter,
}

impl Live {
    /// Looks the rules up. A rule that became several is the sum of them: no packet meets two of its alternatives, and what
    /// stands in front of them has no counter.
    pub fn new(database: &Database<'_>, wanted: &State, observed: &Observed) -> Self {
        let Counted { wanted, unwanted } = observed.counted(wanted);
        let mut sums: HashMap<Place, Sum> = HashMap::new();
        for (placed, counter) in wanted {
            let sum = sums.entry(place(placed.rule.origin())).or_default();
            sum.wanted += 1;
            if let Some(Counter { packets, bytes }) = counter {
                sum.found += 1;
                sum.counter.packets += packets;
                sum.counter.bytes += bytes;
            }
        }
        let rules = MENUS.iter().flat_map(|menu| rules_of(database, menu, &sums)).collect();
        let others = unwanted.into_iter().map(|placed| {
            let counter = placed.rule.counter();
            OtherRule {
                rule: format!("{} {}: {}", placed.family, placed.chain, placed.rule),
                packets: counter.map(|counter| counter.packets),
                bytes: counter.map(|counter| counter.bytes),
            }
        });
        Self { rules, others: others.collect() }
    }

    /// The lines for people, each with its tone.
    pub fn lines(&self) -> Vec<(Tone, String)> {
        let number = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
        let counts = self.rules.iter().map(|rule| (rule.packets, rule.bytes));
        let counts = counts.chain(self.others.iter().map(|rule| (rule.packets, rule.bytes)));
        let (packets_width, bytes_width) = counts
            .fold(("packets".len(), "bytes".len()), |(packets, bytes), (p, b)| {
                (packets.max(number(p).len()), bytes.max(number(b).len()))
            });
        let counted = |packets, bytes| {
            format!("  {:>packets_width$}  {:>bytes_width$}", number(packets), number(bytes))
        };
        let heading = format!("  {:>packets_width$}  {:>bytes_width$}", "packets", "bytes");
        let mut lines = Vec::new();
        for menu in self.rules.chunk_by(|a, b| a.menu == b.menu) {
            let path = menu[0].menu;
            lines.push((Tone::Heading, format!("/{}", path[1..].replace('/', " "))));
            lines.push((Tone::Quiet, heading.clone()));
            for rule in menu {
                let mut line = counted(rule.packets, rule.bytes);
                write!(line, "  {}", rule.rule).expect("writing to a string");
                if rule.rules > 1 {
                    write!(line, " ({} rules)", rule.rules).expect("writing to a string");
                }
                if let Some(remark) = rule.status.remark() {
                    write!(line, " ({remark})").expect("writing to a string");
                }
                if let (Some(file), Some(number)) = (&rule.file, rule.line) {
                    write!(line, "  # {file}:{number}").expect("writing to a string");
                }
                lines.push((rule.tone(), line));
            }
        }
        if !self.others.is_empty() {
            lines.push((Tone::Heading, "in the kernel, asked for by no line".to_owned()));
            lines.push((Tone::Quiet, heading));
            let others = self.others.iter();
            lines.extend(others.map(|other| {
                (Tone::Remarkable, format!("{}  {}", counted(other.packets, other.bytes), other.rule))
            }));
        }
        lines
    }

    /// `5 rules, 1 not applied, 2 in the kernel that no line asks for`.
    pub fn summary(&self) -> String {
        let rules: usize = self.rules.iter().map(|rule| rule.rules).sum();
        let missing = self.rules.iter().filter(|rule| rule.status.is_missing()).count();
        let mut parts = vec![if rules == 1 { "1 rule".to_owned() } else { format!("{rules} rules") }];
        if missing > 0 {
            parts.push(format!("{missing} not applied"));
        }
        if !self.others.is_empty() {
            parts.push(format!("{} in the kernel that no line asks for", self.others.len()));
        }
        parts.join(", ")
    }
}

/// The lines of a menu, those that a loop runs several times once.
fn rules_of(database: &Database<'_>, menu: MenuPath, sums: &HashMap<Place, Sum>) -> Vec<LiveRule> {
    let mut rules: Vec<LiveRule> = Vec::new();
    let mut known: HashMap<Place, usize> = HashMap::new();
    for item in database.items(menu) {
        let at = place(item.origin);
        let sum = sums.get(&at).copied().unwrap_or_default();
        let status = sum.status(database, item);
        if let Some(&index) = known.get(&at) {
            let rule = &mut rules[index];
            rule.rules += 1;
            if rule.status == Status::Disabled {
                rule.status = status;
            }
            continue;
        }
        known.insert(at, rules.len());
        let location = database.sources().locate(item.origin);
        let (file, line) = location.map(|at| (at.file, at.line)).unzip();
        let mut text = String::new();
        database.write_properties(&mut text, &item.properties).expect("writing to a string");
        let counter = (sum.found > 0).then_some(sum.counter);
        rules.push(LiveRule {
            menu,
            file,
            line,
            rule: text.trim().to_owned(),
            rules: 1,
            status,
            packets: counter.map(|counter| counter.packets),
            bytes: counter.map(|counter| counter.bytes),
        });
    }
    rules
}

impl Sum {
    fn status(self, database: &Database<'_>, item: &Item) -> Status {
        let is_disabled =
            database.value(item, "disabled").is_some_and(|value| matches!(&*value, "yes" | "true"));
        match (self.wanted, self.found) {
            _ if is_disabled => Status::Disabled,
            (0, _) => Status::MatchesNothing,
            (_, 0) => Status::NotApplied,
            (wanted, found) if found < wanted => Status::PartlyApplied,
            (_, _) => Status::Applied,
        }
    }
}

impl Status {
    fn remark(self) -> Option<&'static str> {
        match self {
            // `disabled=yes` stands there already.
            Self::Applied | Self::Disabled => None,
            Self::PartlyApplied => Some("partly applied"),
            Self::NotApplied => Some("not applied"),
            Self::MatchesNothing => Some("matches nothing"),
        }
    }

    /// Whether the kernel lacks what the configuration asks for.
    fn is_missing(self) -> bool {
        match self {
            Self::PartlyApplied | Self::NotApplied => true,
            Self::Applied | Self::MatchesNothing | Self::Disabled => false,
        }
    }
}

impl LiveRule {
    fn tone(&self) -> Tone {
        match self.packets {
            _ if self.status.is_missing() => Tone::Remarkable,
            None | Some(0) => Tone::Quiet,
            Some(_) => Tone::Plain,
        }
    }
}

fn place(origin: Origin) -> Place {
    (origin.file, origin.start, origin.end)
}
