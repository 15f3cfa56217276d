//! `rosc lab`.

use super::failure::{explain, refused};
use super::names::not_resolved;
use super::output::{Output, read};
use super::{Outcome, privileges, signals, verify};
use crate::cli::{Format, LabArgs};
use crate::compile::compile;
use crate::diagnostic::{Code, Diagnostic, has_errors, json, tidy};
use crate::ir::Router;
use crate::lab::client::Kind;
use crate::lab::{self, Aftermath, Fate, Group, LabError, Options, Report, Uplink};
use crate::source::Sources;
use serde::Serialize;
use std::fmt::Write;

pub(super) fn run(args: &LabArgs, output: &Output) -> Outcome {
    if let Some(packets) = args.verify {
        return verify::run(args, packets, output);
    }
    let (sources, mut diagnostics) = read(&args.reading.files);
    let compiled = compile(&sources, args.reading.options());
    diagnostics.extend(compiled.diagnostics);
    diagnostics.extend(privileges::files_are_read().err());
    let mut report = None;
    let mut outcome = Outcome::Errors;
    if !has_errors(&diagnostics) {
        diagnostics.extend(not_resolved(&compiled.router));
        match try_out(&compiled.router, args, output) {
            Ok(done) => {
                report = Some(done);
                outcome = Outcome::Fine;
            }
            Err(error) => diagnostics.extend(explain_lab(error)),
        }
        output.progress_done();
    }
    let diagnostics = tidy(diagnostics);
    match args.format {
        Format::Json => output.print_json(&Document::new(&diagnostics, report.as_ref(), &sources)),
        Format::Human => {
            output.diagnostics(&diagnostics, &sources);
            if let Some(report) = &report {
                output.print(&text(report));
            }
        }
    }
    outcome
}

fn try_out(router: &Router, args: &LabArgs, output: &Output) -> Result<Report, LabError> {
    let interrupted =
        signals::watch().map_err(|error| LabError::System { operation: "watch for signals", error })?;
    let progress = |what: &str| output.progress(what);
    let options =
        Options { flows: args.flows, fail: args.fail, interrupted: &interrupted, progress: &progress };
    lab::run(router, options)
}

/// The JSON document.
#[derive(Debug, Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    diagnostics: json::Document,
    report: Option<&'a Report>,
}

impl<'a> Document<'a> {
    fn new(diagnostics: &[Diagnostic], report: Option<&'a Report>, sources: &Sources) -> Self {
        Self { diagnostics: json::document(diagnostics, sources), report }
    }
}

/// Why a lab can't be, as diagnostics.
pub(super) fn explain_lab(error: LabError) -> Vec<Diagnostic> {
    match error {
        LabError::Lower(diagnostics) => diagnostics,
        LabError::Apply(failure) => explain(&failure).0,
        LabError::Target(error) => vec![refused(&error)],
        LabError::System { .. } => {
            let help =
                "the lab lives in network namespaces, which takes root; rosc diff and rosc show work without";
            vec![Diagnostic::new(Code::LabFailed, error.to_string()).help(help)]
        }
        LabError::NoSuchGateway { ref known, .. } => {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            let help = format!("one of {}", known.join(", "));
            vec![Diagnostic::new(Code::LabFailed, error.to_string()).help(help)]
        }
        LabError::TooManyFlows { .. } => {
            let help = "send fewer with --flows, or raise the limit: ulimit -n";
            vec![Diagnostic::new(Code::LabFailed, error.to_string()).help(help)]
        }
        LabError::NoWire => {
            let help =
                "packets come in by ports: name one, for example by its address, or as the port of a bridge";
            vec![Diagnostic::new(Code::NothingToVerify, error.to_string()).help(help)]
        }
        LabError::NothingToSend | LabError::Interrupted | LabError::NoCarrierChange(_) => {
            vec![Diagnostic::new(Code::LabFailed, error.to_string())]
        }
    }
}

/// The report for people.
fn text(report: &Report) -> String {
    let mut out = String::new();
    for group in &report.groups {
        write_group(&mut out, group).expect("writing to a string");
    }
    out
}

fn write_group(out: &mut String, group: &Group) -> std::fmt::Result {
    const BAR: usize = 30;
    let Group { destination, family, flows, uplinks, unanswered, changed_uplink, aftermath } = group;
    writeln!(out, "{flows} flows to {destination} ({family})\n")?;
    let widest =
        |text: fn(&Uplink) -> &str| uplinks.iter().map(|uplink| text(uplink).len()).max().unwrap_or(0);
    let gateway = widest(|uplink| &uplink.gateway).max("uplink".len());
    let device = widest(|uplink| &uplink.device).max("device".len());
    writeln!(out, "  {:gateway$}  {:device$}    tcp    udp   icmp   share", "uplink", "device")?;
    for uplink in uplinks {
        let count = |kind| uplink.flows.get(&kind).copied().unwrap_or(0);
        let filled = (uplink.share * BAR as f64).round() as usize;
        writeln!(
            out,
            "  {:gateway$}  {:device$}  {:>5}  {:>5}  {:>5}  {:>5.1}%  {}{}",
            uplink.gateway,
            uplink.device,
            count(Kind::Tcp),
            count(Kind::Udp),
            count(Kind::Icmp),
            uplink.share * 100.0,
            "█".repeat(filled),
            "░".repeat(BAR.saturating_sub(filled)),
        )?;
    }
    writeln!(out)?;
    for uplink in uplinks.iter().filter(|uplink| !uplink.sources.is_empty()) {
        let sources: Vec<String> = match uplink.sources.len() {
            0..=4 => uplink.sources.iter().map(|(source, n)| format!("{source} ({n})")).collect(),
            many => vec![format!("{many} different addresses: nothing translates them")],
        };
        writeln!(out, "  behind {:gateway$} the source was {}", uplink.gateway, sources.join(", "))?;
    }
    writeln!(out, "  {changed_uplink} flows changed their uplink, {unanswered} were not answered")?;
    if let Some(aftermath) = aftermath {
        write_aftermath(out, aftermath)?;
    }
    writeln!(out)
}

fn write_aftermath(out: &mut String, aftermath: &Aftermath) -> std::fmt::Result {
    writeln!(out, "\n  after the failure         tcp                    udp                    icmp")?;
    for (name, fates) in
        [("flows of the failed one", &aftermath.on_failed), ("flows of the others", &aftermath.on_others)]
    {
        let of = |kind| fates.get(&kind).copied().unwrap_or_default();
        let shown = [Kind::Tcp, Kind::Udp, Kind::Icmp].map(|kind| format!("{:<21}", fate(of(kind))));
        writeln!(out, "  {name:24}  {}", shown.join("  ").trim_end())?;
    }
    Ok(())
}

fn fate(fate: Fate) -> String {
    let Fate { kept, moved, died } = fate;
    let parts = [(kept, "kept"), (moved, "moved"), (died, "died")];
    let shown: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if shown.is_empty() { "-".to_owned() } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_table_shows_shares_as_bars_and_names_the_sources() {
        let uplink = |gateway: &str, n: usize, share: f64| Uplink {
            gateway: gateway.to_owned(),
            device: "ether1".to_owned(),
            flows: BTreeMap::from([(Kind::Tcp, n)]),
            share,
            sources: BTreeMap::from([("192.0.2.2".parse().expect("an address"), n)]),
        };
        let group = Group {
            destination: "default".to_owned(),
            family: "ipv4",
            flows: 4,
            uplinks: vec![uplink("192.0.2.1", 3, 0.75), uplink("198.51.100.1", 1, 0.25)],
            unanswered: 0,
            changed_uplink: 0,
            aftermath: None,
        };
        let shown = text(&Report { groups: vec![group] });
        assert!(
            shown.contains(
                "  192.0.2.1     ether1      3      0      0   75.0%  ███████████████████████░░░░░░░"
            )
        );
        assert!(shown.contains("behind 192.0.2.1    the source was 192.0.2.2 (3)"), "{shown}");
    }
}
