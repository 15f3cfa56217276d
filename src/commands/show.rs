//! `rosc show`.

use super::output::{Output, options, read};
use super::{Outcome, fastpath, leave, live, rules_for};
use crate::cli::{self, Format, ShowArgs, Stage};
use crate::compile::compile;
use crate::diagnostic::{Code, Diagnostic, has_errors, json, tidy};
use crate::host::Host;
use crate::lower::{Desired, lower_with};
use crate::render;
use crate::source::Sources;
use rosc_route::Family;

pub(super) fn run(args: &ShowArgs, output: &Output) -> Outcome {
    if args.stage == Stage::Live && args.files.is_empty() {
        return live::everything(args, output);
    }
    match args.stage {
        Stage::Live => return live::rules(args, output),
        Stage::Fastpath | Stage::Metrics => return fastpath::run(args, output),
        _ => {}
    }
    let (sources, mut diagnostics) = read(&args.files);
    if args.files.is_empty() {
        let help = "only `show live`, `show fastpath` and `show metrics` need none";
        diagnostics.push(Diagnostic::new(Code::UnreadableFile, "there is no file to show").help(help));
    }
    if args.stage == Stage::Il && !has_errors(&diagnostics) {
        return intermediate(args, &sources, output);
    }
    if !has_errors(&diagnostics) {
        show(args, &sources, &mut diagnostics, output);
    }
    let diagnostics = tidy(diagnostics);
    output.diagnostics(&diagnostics, &sources);
    if has_errors(&diagnostics) { Outcome::Errors } else { Outcome::Fine }
}

/// Shows what a router's parser makes of the files; a refusal is what it prints too.
fn intermediate(args: &ShowArgs, sources: &Sources, output: &Output) -> Outcome {
    let forms: Vec<_> = sources.ids().map(|file| render::intermediate(sources.file(file).text())).collect();
    match args.format {
        Format::Human => output.print_exact(&render::il(sources)),
        Format::Json => {
            let texts = forms.iter().map(|form| form.clone().unwrap_or_else(|refusal| refusal.to_string()));
            output.print_json(&texts.collect::<Vec<_>>());
        }
    }
    if forms.iter().any(Result::is_err) { Outcome::Errors } else { Outcome::Fine }
}

/// Shows what a stage made of the files, as far as there are no errors before it.
fn show(args: &ShowArgs, sources: &Sources, diagnostics: &mut Vec<Diagnostic>, output: &Output) {
    let compiled = compile(sources, options(args.routeros, false));
    diagnostics.extend(compiled.diagnostics);
    match (args.stage, args.format) {
        (Stage::Script, Format::Human) => return output.print(&render::script(sources)),
        (Stage::Database, Format::Human) => return output.print(&compiled.database.to_string()),
        (Stage::Script, Format::Json) | (Stage::Database, Format::Json) => {
            return output.print_json(&json::document(diagnostics, sources));
        }
        (Stage::Ir, Format::Human) => return output.print(&render::outline(&compiled.router)),
        (Stage::Ir, Format::Json) => return output.print_json(&compiled.router),
        (Stage::Il | Stage::Linux | Stage::Nft | Stage::Routes | Stage::Sysctl, _) => {}
        (Stage::Live | Stage::Fastpath | Stage::Metrics, _) => {}
    }
    if has_errors(diagnostics) {
        return;
    }
    let lowered = lower_with(rules_for(&args.lowering), &compiled.router, &Host::unknown());
    diagnostics.extend(lowered.diagnostics);
    show_linux(args, &lowered.desired, sources, output);
    leave((compiled.database, compiled.router, lowered.desired));
}

fn show_linux(args: &ShowArgs, desired: &Desired, sources: &Sources, output: &Output) {
    match (args.stage, args.format) {
        (Stage::Nft, Format::Human) => output.print_exact(&render::nft(desired, sources)),
        (Stage::Nft, Format::Json) => output.print_json(&desired.nftables),
        (Stage::Routes, Format::Human) => output.print_exact(&render::routes(desired, families(args.family))),
        (Stage::Routes, Format::Json) => output.print_json(&desired.route),
        (Stage::Sysctl, Format::Human) => output.print_exact(&render::sysctl(desired)),
        (Stage::Sysctl, Format::Json) => output.print_json(&desired.sysctl),
        (_, Format::Human) => output.print_exact(&render::linux(desired, sources)),
        (_, Format::Json) => output.print_json(desired),
    }
}

fn families(only: Option<cli::Family>) -> &'static [Family] {
    match only {
        None => &Family::ALL,
        Some(cli::Family::Ipv4) => &[Family::Ipv4],
        Some(cli::Family::Ipv6) => &[Family::Ipv6],
    }
}
