//! `rosc show`.

use super::Outcome;
use super::output::{Output, options, read};
use crate::cli::{Format, ShowArgs, Stage};
use crate::compile::compile;
use crate::diagnostic::has_errors;
use crate::host::Host;
use crate::lower::lower;
use crate::render;

pub(super) fn run(args: &ShowArgs, output: &Output) -> Outcome {
    let (sources, mut diagnostics) = read(&args.files);
    if has_errors(&diagnostics) {
        output.diagnostics(&diagnostics, &sources);
        return Outcome::Errors;
    }
    let compiled = compile(&sources, options(args.routeros, false));
    diagnostics.extend(compiled.diagnostics);
    match args.stage {
        Stage::Script => output.print(&render::script(&sources)),
        Stage::Database => output.print(&compiled.database.to_string()),
        Stage::Ir => match args.format {
            Format::Human => output.print(&render::outline(&compiled.router)),
            Format::Json => output.print_json(&compiled.router),
        },
        Stage::Linux | Stage::Nft | Stage::Routes | Stage::Sysctl => {
            let lowered = lower(&compiled.router, &Host::unknown());
            diagnostics.extend(lowered.diagnostics);
            let desired = &lowered.desired;
            match (args.stage, args.format) {
                (_, Format::Json) => output.print_json(desired),
                (Stage::Routes, Format::Human) => output.print(&rosc_route::batch_lines(&desired.route, rosc_route::Family::Ipv4).join("\n")),
                (Stage::Nft, Format::Human) => output.print(&rosc_nftables::text::ruleset(&desired.nftables, &|o| sources.locate(o).map(|l| format!("{}:{}", l.file, l.line)))),
                (Stage::Sysctl, Format::Human) => output.print(&desired.sysctl.to_string()),
                _ => {}
            }
        }
        Stage::Live => {}
    }
    let failed = has_errors(&diagnostics);
    output.diagnostics(&diagnostics, &sources);
    if failed { Outcome::Errors } else { Outcome::Fine }
}
