//! What rosc has to say about a configuration.
//!
//! A [`Diagnostic`] is a value made beside the phase that finds the matter; how it looks is decided in
//! [`render`] (for people) and [`json`] (for machines).

mod code;
pub mod json;
pub mod render;
mod suggest;

pub use code::Code;
pub use suggest::did_you_mean;

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
    /// What is there.
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

/// Says whether any of them is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}
