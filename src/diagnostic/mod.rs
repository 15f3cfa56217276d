//! What rosc has to say about a configuration.
//!
//! A [`Diagnostic`] is a value made beside the phase that finds the matter; how it looks is decided in
//! [`render`] (for people) and [`json`] (for machines).

mod code;
mod excerpt;
pub mod json;
pub mod render;
mod suggest;

pub use code::Code;
pub use suggest::did_you_mean;

use indexmap::IndexMap;
use indexmap::map::Entry;
use rosc_target::Origin;
use serde::Serialize;

/// How grave a matter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the Linux box does what RouterOS would.
    Note,
    /// Carried over with the named difference.
    Warning,
    /// Refused; nothing is applied.
    Error,
}

/// One matter, with the places that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of matter it is; stable across versions.
    pub code: Code,
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong, in the field's words: lower case, no full stop.
    pub message: String,
    /// The places, the first being the one at fault.
    pub labels: Vec<Label>,
    /// What to write instead, or what to do.
    pub help: Option<String>,
}

/// A place and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub origin: Origin,
    /// What is there; empty for a further place of which the same is true as of the one before.
    pub text: String,
}

impl Diagnostic {
    /// A matter of this kind, with the severity that its code has by default.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), message: message.into(), labels: Vec::new(), help: None }
    }

    /// Adds a place. A place that no line asked for is left out.
    #[must_use]
    pub fn label(mut self, origin: Origin, text: impl Into<String>) -> Self {
        if !origin.is_implied() {
            self.labels.push(Label { origin, text: text.into() });
        }
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to write instead, where that is known.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// The place at fault.
    pub fn origin(&self) -> Option<Origin> {
        self.labels.first().map(|label| label.origin)
    }
}

/// How many labels back the same place is looked for.
const RECENT: usize = 4;

/// Brings diagnostics into the order of their places, and makes one of those that say the same of several places.
pub fn tidy(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    type Says = (Code, String, Option<String>);
    let mut merged: IndexMap<Says, Diagnostic> = IndexMap::with_capacity(diagnostics.len());
    for diagnostic in diagnostics {
        match merged.entry((diagnostic.code, diagnostic.message.clone(), diagnostic.help.clone())) {
            Entry::Occupied(mut same) => {
                let known = same.get().labels.first().map(|label| label.text.clone()).unwrap_or_default();
                let further = diagnostic.labels.into_iter().map(|label| Label {
                    text: if label.text == known { String::new() } else { label.text },
                    ..label
                });
                for label in further {
                    // A loop says the same of the same place as often as it turns.
                    let mut last = same.get().labels.iter().rev().take(RECENT);
                    if !last.any(|known| known.origin.is_same_place(label.origin)) {
                        same.get_mut().labels.push(label);
                    }
                }
            }
            Entry::Vacant(place) => {
                place.insert(diagnostic);
            }
        }
    }
    let mut tidied: Vec<Diagnostic> = merged.into_values().collect();
    let place = |label: &Label| (label.origin.file, label.origin.start);
    tidied.sort_by_key(|diagnostic| diagnostic.labels.first().map(place));
    tidied
}

/// Says whether any of them is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}
