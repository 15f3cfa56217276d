//! `rosc export`.

use super::Outcome;
use super::output::{Output, read};
use crate::cli::{ExportArgs, Format};
use crate::diagnostic::{Diagnostic, has_errors, json, tidy};
use crate::export::{Export, export};
use crate::ir::Dialect;
use crate::script::evaluate;
use crate::source::Sources;
use serde::Serialize;

pub(super) fn run(args: &ExportArgs, output: &Output) -> Outcome {
    let (sources, mut diagnostics) = read(&args.files);
    let evaluated = evaluate(&sources, args.routeros.map(Dialect::from));
    diagnostics.extend(evaluated.diagnostics);
    let diagnostics = tidy(diagnostics);
    let is_wrong = has_errors(&diagnostics);
    let export = (!is_wrong).then(|| export(&evaluated.database, args.show_sensitive));
    match args.format {
        Format::Json => output.print_json(&Document::new(&diagnostics, export.as_ref(), &sources)),
        Format::Human => {
            output.diagnostics(&diagnostics, &sources);
            if let Some(Export { text, hidden }) = &export {
                output.print_exact(text);
                if *hidden > 0 {
                    let secrets = if *hidden == 1 { "1 secret is" } else { &format!("{hidden} secrets are") };
                    output.remark(&format!("{secrets} left out; --show-sensitive prints them"));
                }
            }
        }
    }
    if is_wrong { Outcome::Errors } else { Outcome::Fine }
}

/// The JSON document.
#[derive(Debug, Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    diagnostics: json::Document,
    export: Option<&'a str>,
    hidden_secrets: usize,
}

impl<'a> Document<'a> {
    fn new(diagnostics: &[Diagnostic], export: Option<&'a Export>, sources: &Sources) -> Self {
        Self {
            diagnostics: json::document(diagnostics, sources),
            export: export.map(|export| export.text.as_str()),
            hidden_secrets: export.map_or(0, |export| export.hidden),
        }
    }
}
