//! `rosc lab --verify`.

mod document;
mod text;

use super::lab::explain_lab;
use super::names::not_resolved;
use super::output::{Output, read};
use super::{Outcome, privileges, signals};
use crate::cli::{Format, LabArgs};
use crate::compile::compile;
use crate::diagnostic::{has_errors, json, tidy};
use crate::ir::Router;
use crate::lab::LabError;
use crate::lab::verify::{Order, Trial, verify};
use crate::smallest::{Search, Smallest, smallest};
use crate::source::{Disk, Sources};
use crate::trace::Arrival;
use document::{Document, Verification};
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub(super) fn run(args: &LabArgs, packets: u64, output: &Output) -> Outcome {
    let (sources, mut diagnostics) = read(&args.reading.files);
    let compiled = compile(&sources, args.reading.options());
    diagnostics.extend(compiled.diagnostics);
    diagnostics.extend(privileges::files_are_read().err());
    let mut verification = None;
    if !has_errors(&diagnostics) {
        diagnostics.extend(not_resolved(&compiled.router));
        match compare(args, packets, &compiled.router, &sources, output) {
            Ok(done) => verification = Some(done),
            Err(error) => diagnostics.extend(explain_lab(error)),
        }
        output.progress_done();
    }
    let diagnostics = tidy(diagnostics);
    match args.format {
        Format::Json => {
            let diagnostics = json::document(&diagnostics, &sources);
            output.print_json(&Document { diagnostics, verification: verification.as_ref() });
        }
        Format::Human => {
            output.diagnostics(&diagnostics, &sources);
            if let Some(verification) = &verification {
                output.print(&text::text(verification));
            }
        }
    }
    match verification {
        None => Outcome::Errors,
        Some(verification) if verification.difference.is_some() => Outcome::Differences,
        Some(_) => Outcome::Fine,
    }
}

fn compare(
    args: &LabArgs,
    packets: u64,
    router: &Router,
    sources: &Sources,
    output: &Output,
) -> Result<Verification, LabError> {
    let interrupted =
        signals::watch().map_err(|error| LabError::System { operation: "watch for signals", error })?;
    let seed = args.seed.unwrap_or_else(any_seed);
    output.progress("building the router");
    let progress = |done: u64| output.progress(&format!("sent {done} of {packets} packets"));
    let verified = verify(router, Order { packets, seed, interrupted: &interrupted, progress: &progress })?;
    let mut verification = Verification::new(seed, &verified);
    if let Some(shown) = &verified.difference {
        output.progress("looking for the smallest configuration that shows the difference");
        let smallest = shrink(args, sources, &shown.packets, &interrupted);
        verification.difference = Some(document::difference(router, sources, shown, smallest));
    }
    Ok(verification)
}

/// A number that no other run is likely to have, and that is short enough to be typed again.
fn any_seed() -> u64 {
    RandomState::new().hash_one("seed") % 1_000_000
}

/// What has been found when the time is up, or when the user asks for an end, is shown all the same.
fn shrink(
    args: &LabArgs,
    sources: &Sources,
    packets: &[Arrival],
    interrupted: &AtomicBool,
) -> Option<Smallest> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let begun = Instant::now();
    let first = args.reading.files.iter().find(|file| *file != Path::new("-"));
    let name = first.map_or_else(|| "-".to_owned(), |file| file.display().to_string());
    smallest(
        Search {
            sources,
            options: args.reading.options(),
            // Under the name of a file, what scripts import is looked for beside it.
            sources_of: &|text| {
                let mut sources = Sources::default().importing(Disk);
                sources.add(name.clone(), text);
                sources
            },
            experiment: &|router, packets| {
                let replayed = Trial::build(router).and_then(|mut trial| trial.replay(packets));
                replayed.ok().flatten().map(|(place, _)| place)
            },
            go_on: &|| !interrupted.load(Ordering::Relaxed) && begun.elapsed() < PATIENCE,
        },
        packets,
    )
}
