//! `rosc show live`: what this machine has now.

use super::failure::{not_read, unreadable};
use super::output::{Output, options, read};
use super::{Outcome, privileges, rules_for};
use crate::cli::{Format, ShowArgs};
use crate::compile::{Compiled, compile};
use crate::diagnostic::{Diagnostic, has_errors, json, tidy};
use crate::host::Needs;
use crate::live::Live;
use crate::lower::{Desired, known_settings, lower_with, needs_of};
use crate::plan::Observed;
use crate::render;
use crate::source::Sources;
use crate::transaction::{Machine, Unread};
use rosc_route::DeviceName;
use rosc_target::TargetError;
use serde::Serialize;

/// Shows what rosc owns on this machine; as JSON, everything that a comparison needs to know. Of what may not be read
/// there is a null, so that nobody takes it for a machine without.
pub(super) fn everything(args: &ShowArgs, output: &Output) -> Outcome {
    let observe = || -> Result<(Observed, Vec<Unread>), TargetError> {
        let mut machine = Machine::open(&args.state_dir)?;
        let devices = machine.host(&Needs::default())?.devices.unwrap_or_default().into_keys();
        machine.look_at(known_settings(devices.filter_map(|name| DeviceName::new(&name).ok())));
        machine.observe_as_user(&Desired::default())
    };
    let sources = Sources::default();
    let (observed, unread) = match observe() {
        Ok(read) => read,
        Err(error) => {
            output.diagnostics(&[unreadable(&error)], &sources);
            return Outcome::Errors;
        }
    };
    let diagnostics: Vec<Diagnostic> = unread.iter().copied().map(not_read).collect();
    output.diagnostics(&diagnostics, &sources);
    match args.format {
        Format::Human => {
            let absent = unread.iter().map(|part| match part {
                Unread::Firewall => "# the firewall could not be read\n",
                Unread::FormerSettings => "# which settings are rosc's could not be read\n",
                Unread::FastPath => "# the fast path could not be read\n",
            });
            let shown = render::linux(&observed.owned(), &sources);
            output.print_exact(&(absent.collect::<String>() + &shown));
        }
        Format::Json if unread.is_empty() => output.print_json(&observed),
        Format::Json => {
            let mut document = serde_json::to_value(&observed).expect("states have text keys only");
            for part in &unread {
                let name = match part {
                    Unread::Firewall => "nftables",
                    Unread::FormerSettings => "sysctl",
                    Unread::FastPath => "ebpf",
                };
                document[name] = serde_json::Value::Null;
            }
            output.print_json(&document);
        }
    }
    if unread.is_empty() { Outcome::Fine } else { Outcome::Errors }
}

/// Shows each firewall rule of the files with what the kernel has counted for it.
pub(super) fn rules(args: &ShowArgs, output: &Output) -> Outcome {
    let (sources, mut diagnostics) = read(&args.files);
    let compiled = compile(&sources, options(args.routeros, false));
    diagnostics.extend_from_slice(&compiled.diagnostics);
    diagnostics.extend(privileges::files_are_read().err());
    let live = if has_errors(&diagnostics) {
        None
    } else {
        look_up(args, &compiled, &mut diagnostics).filter(|_| !has_errors(&diagnostics))
    };
    let diagnostics = tidy(diagnostics);
    match args.format {
        Format::Json => {
            let diagnostics = json::document(&diagnostics, &sources);
            output.print_json(&Document { diagnostics, live: live.as_ref() });
        }
        Format::Human => {
            output.diagnostics(&diagnostics, &sources);
            if let Some(live) = &live {
                output.live(live);
                output.remark(&live.summary());
            }
        }
    }
    if live.is_some() { Outcome::Fine } else { Outcome::Errors }
}

fn look_up(args: &ShowArgs, compiled: &Compiled<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Live> {
    let observe = || {
        let mut machine = Machine::open(&args.state_dir)?;
        Ok((machine.host(&needs_of(&compiled.router))?, machine.firewall()?))
    };
    match observe() {
        Ok((host, firewall)) => {
            let lowered = lower_with(rules_for(&args.lowering), &compiled.router, &host);
            diagnostics.extend(lowered.diagnostics);
            Some(Live::new(&compiled.database, &lowered.desired.nftables, &firewall))
        }
        Err(error) => {
            diagnostics.push(unreadable(&error));
            None
        }
    }
}

/// The JSON document.
#[derive(Debug, Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    diagnostics: json::Document,
    live: Option<&'a Live>,
}
