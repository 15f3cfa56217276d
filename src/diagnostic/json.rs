//! Diagnostics for machines: one document.

use super::{Diagnostic, Severity};
use crate::source::Sources;
use serde::Serialize;

/// The document of `--format json`.
#[derive(Debug, Serialize)]
pub struct Document {
    /// Every diagnostic, in the order of the places.
    pub diagnostics: Vec<Entry>,
}

/// One diagnostic. Lines and columns count from 1, columns in characters, ends are exclusive; they are null
/// for a matter without a place.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of the diagnostic and of its first label")]
pub struct Entry {
    pub code: &'static str,
    pub severity: Severity,
    pub message: String,
    pub help: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub end_line: Option<u32>,
    pub end_column: Option<u32>,
    pub labels: Vec<Place>,
}

/// A labelled place.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of a location")]
pub struct Place {
    pub text: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// Makes the document.
pub fn document(diagnostics: &[Diagnostic], sources: &Sources) -> Document {
    Document { diagnostics: diagnostics.iter().map(|d| entry(d, sources)).collect() }
}

fn entry(diagnostic: &Diagnostic, sources: &Sources) -> Entry {
    let at = diagnostic.origin().and_then(|origin| sources.locate(origin));
    let labels = diagnostic.labels.iter().filter_map(|label| {
        let at = sources.locate(label.origin)?;
        Some(Place {
            text: label.text.clone(),
            file: at.file,
            line: at.line,
            column: at.column,
            end_line: at.end_line,
            end_column: at.end_column,
        })
    });
    Entry {
        code: diagnostic.code.as_str(),
        severity: diagnostic.severity,
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        file: at.as_ref().map(|at| at.file.clone()),
        line: at.as_ref().map(|at| at.line),
        column: at.as_ref().map(|at| at.column),
        end_line: at.as_ref().map(|at| at.end_line),
        end_column: at.as_ref().map(|at| at.end_column),
        labels: labels.collect(),
    }
}
