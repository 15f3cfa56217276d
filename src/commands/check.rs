//! `rosc check`.

use super::Outcome;
use super::output::{Output, counts, options, read};
use crate::cli::{CheckArgs, Format};
use crate::compile::compile;
use crate::diagnostic::{has_errors, tidy};
use crate::host::Host;
use crate::lint::lint;
use crate::lower::lower;
use crate::strict::hold_to_router;

pub(super) fn run(args: &CheckArgs, output: &Output) -> Outcome {
    let (sources, mut diagnostics) = read(&args.files);
    let compiled = compile(&sources, options(args.routeros, args.strict));
    diagnostics.extend(compiled.diagnostics);
    // What an earlier stage found wrong would only be found again in what is left of it.
    if !has_errors(&diagnostics) {
        diagnostics.extend(lower(&compiled.router, &Host::unknown()).diagnostics);
        diagnostics.extend(lint(&compiled.router));
    }
    if let Some(version) = args.routeros {
        diagnostics = hold_to_router(&sources, version.into(), diagnostics);
    }
    let diagnostics = tidy(diagnostics);
    output.report(args.format, &diagnostics, &sources);
    let failed = has_errors(&diagnostics);
    if args.format == Format::Human {
        let counts = counts(&diagnostics);
        output.remark(if counts.is_empty() { "no problems found" } else { &counts });
    }
    if failed { Outcome::Errors } else { Outcome::Fine }
}
