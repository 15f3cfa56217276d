//! `rosc trace`.

use super::Outcome;
use super::names::not_resolved;
use super::output::{Output, options, read};
use crate::cli::{Format, TraceArgs};
use crate::compile::compile;
use crate::diagnostic::{Code, Diagnostic, has_errors, json, tidy};
use crate::host::Host;
use crate::ir::Router;
use crate::ir::nexthop::Surroundings;
use crate::lab::short_cuts;
use crate::lower::{Classifiers, lower};
use crate::render::trace::{Share, Shares, Traced, Tracing, shares_text, text};
use crate::source::{FileId, Sources};
use crate::trace::request::{Request, Word, is_part, parse};
use crate::trace::sample::{Population, shares};
use crate::trace::{Detailed, ShortCuts, State, Tracer};
use ipnet::IpNet;
use rosc_grammar::ast::Span;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

pub(super) fn run(args: &TraceArgs, output: &Output) -> Outcome {
    // What is written like a part of a packet and is no file is meant as one, typing errors included.
    let is_file =
        |word: &&String| !(word.contains('=') || is_part(word)) || Path::new(word.as_str()).exists();
    let (files, parts): (Vec<&String>, Vec<&String>) = args.words.iter().partition(is_file);
    let files: Vec<PathBuf> = files.into_iter().map(PathBuf::from).collect();
    let (sources, mut diagnostics) = read(&files);
    if files.is_empty() {
        let help = "name the files, then the packet: rosc trace router.rsc in=ether1 src=... dst=...";
        diagnostics.push(Diagnostic::new(Code::UnreadableFile, "there is no configuration").help(help));
    }
    let compiled = compile(&sources, options(args.routeros, false));
    diagnostics.extend(compiled.diagnostics);
    let notes = if has_errors(&diagnostics) { Vec::new() } else { tidy(not_resolved(&compiled.router)) };
    diagnostics.extend_from_slice(&notes);
    let diagnostics = tidy(diagnostics);
    let mut typed = Sources::default();
    let traced = match has_errors(&diagnostics) {
        true => Err(Vec::new()),
        false => packets(&parts, &mut typed).and_then(|()| trace(args, &compiled.router, &sources, &typed)),
    };
    let (shown, wrong) = match traced {
        Ok(shown) => (Some(shown), Vec::new()),
        Err(wrong) => (None, wrong),
    };
    match args.format {
        Format::Json => {
            let mut document = json::document(&diagnostics, &sources);
            document.diagnostics.extend(json::document(&wrong, &typed).diagnostics);
            output.print_json(&Document { diagnostics: document, shown: shown.as_ref() });
        }
        Format::Human => {
            // What is not carried over to Linux is no matter here, but what is not known of the router is.
            output.diagnostics(if has_errors(&diagnostics) { &diagnostics } else { &notes }, &sources);
            output.diagnostics(&wrong, &typed);
            match &shown {
                Some(Shown::Packets(packets)) => {
                    let texts: Vec<String> = packets.iter().map(text).collect();
                    output.print(&texts.join("\n"));
                }
                Some(Shown::Shares(shares)) => output.print(&shares_text(shares)),
                None => {}
            }
        }
    }
    if shown.is_some() { Outcome::Fine } else { Outcome::Errors }
}

/// The JSON document.
#[derive(Debug, Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    diagnostics: json::Document,
    #[serde(flatten)]
    shown: Option<&'a Shown>,
}

/// What tracing shows.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Shown {
    Packets(Vec<Traced>),
    Shares(Shares),
}

/// Takes the packets from the command line, or else from standard input, one a line.
fn packets(parts: &[&String], typed: &mut Sources) -> Result<(), Vec<Diagnostic>> {
    if !parts.is_empty() {
        let words: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
        typed.add("packet", words.join(" "));
        return Ok(());
    }
    if io::stdin().is_terminal() {
        return Err(vec![no_packet()]);
    }
    typed.read(Path::new("-")).map(drop).map_err(|error| {
        vec![Diagnostic::new(Code::UnreadableFile, format!("standard input can't be read: {error}"))]
    })
}

fn no_packet() -> Diagnostic {
    let help = "for example in=ether1 src=192.168.88.10 dst=198.51.100.7 proto=tcp dport=443; or packets on standard \
                input, one a line";
    Diagnostic::new(Code::BadPacket, "there is no packet to trace").help(help)
}

fn trace(
    args: &TraceArgs,
    router: &Router,
    sources: &Sources,
    typed: &Sources,
) -> Result<Shown, Vec<Diagnostic>> {
    let surroundings = surroundings(args, router)?;
    let detailed = if args.all { Detailed::All } else { Detailed::Matched };
    let tracer = Tracer::new(router, &surroundings, detailed);
    let classifiers = Classifiers::of(router);
    let classify = classifiers.classify();
    let lines: Vec<Vec<Word<'_>>> =
        typed.ids().flat_map(|file| lines(typed, file)).filter(|words| !words.is_empty()).collect();
    if lines.is_empty() {
        return Err(vec![no_packet()]);
    }
    if let Some(count) = args.sample {
        let population = population(&lines, router)?;
        return Ok(Shown::Shares(Shares {
            packets: count,
            shares: shares(&tracer, &population, count, &classify)
                .into_iter()
                .map(|(place, share)| Share::new(&place, share))
                .collect(),
        }));
    }
    let mut requests = Vec::new();
    let mut wrong = Vec::new();
    for words in &lines {
        match request(words, router) {
            Ok(request) => requests.push(request),
            Err(diagnostics) => wrong.extend(diagnostics),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let tracing = Tracing { tracer: &tracer, sources, classify: &classify };
    let mut state = State::with_short_cuts(short_cuts_of(router));
    let mut traced = Vec::with_capacity(requests.len());
    for request in requests {
        request.prepare(&mut state);
        traced.push(tracing.packet(&mut state, &request.arrival));
    }
    Ok(Shown::Packets(traced))
}

/// By what connections take a short cut on a machine that nothing is known of.
fn short_cuts_of(router: &Router) -> ShortCuts {
    if router.fastpath.is_none() {
        return ShortCuts::default();
    }
    let host = Host::unknown();
    short_cuts(router, &host, &lower(router, &host).desired)
}

/// The words of each line, without comments.
fn lines(typed: &Sources, file: FileId) -> Vec<Vec<Word<'_>>> {
    let text = typed.file(file).text();
    let narrow = |offset: usize| u32::try_from(offset).expect("files are smaller than 4 GiB");
    let place = |word: &str| {
        let start = narrow(word.as_ptr() as usize - text.as_ptr() as usize);
        typed.origin(file, Span { start, end: start + narrow(word.len()) })
    };
    text.lines()
        .map(|line| {
            let packet = line.split('#').next().unwrap_or_default();
            packet.split_whitespace().map(|word| (word, place(word))).collect()
        })
        .collect()
}

fn request(words: &[Word<'_>], router: &Router) -> Result<Request, Vec<Diagnostic>> {
    let whole =
        words.iter().map(|(_, origin)| *origin).reduce(|all, origin| all.to(origin)).unwrap_or_default();
    parse(words, whole, router)
}

/// The packets to draw: a packet whose addresses may be prefixes.
fn population(lines: &[Vec<Word<'_>>], router: &Router) -> Result<Population, Vec<Diagnostic>> {
    let [words] = lines else {
        let help = "give one packet, of which src= and dst= may be prefixes";
        return Err(vec![
            Diagnostic::new(Code::BadPacket, "a sample is drawn of one kind of packet").help(help),
        ]);
    };
    let prefix = |key: &str| -> Option<IpNet> {
        words.iter().find_map(|(word, _)| word.strip_prefix(key)?.parse().ok())
    };
    let addresses: Vec<String> = words
        .iter()
        .map(|(word, _)| match word.split_once('=') {
            Some((key @ ("src" | "dst"), value)) => match value.parse::<IpNet>() {
                Ok(prefix) => format!("{key}={}", prefix.addr()),
                Err(_) => (*word).to_owned(),
            },
            _ => (*word).to_owned(),
        })
        .collect();
    let words: Vec<Word<'_>> =
        addresses.iter().zip(words).map(|(word, (_, origin))| (word.as_str(), *origin)).collect();
    let like = request(&words, router)?.arrival;
    let sources = prefix("src=").unwrap_or_else(|| like.packet.source.into());
    let destinations = prefix("dst=").unwrap_or_else(|| like.packet.destination.into());
    Ok(Population { like, sources, destinations })
}

/// What is asked to be down.
fn surroundings(args: &TraceArgs, router: &Router) -> Result<Surroundings, Vec<Diagnostic>> {
    let mut down = BTreeSet::new();
    let mut wrong = Vec::new();
    for name in &args.interface_down {
        match router.interfaces.get_key_value(name.as_str()) {
            Some((name, _)) => {
                down.insert(name.clone());
            }
            None => {
                let known: Vec<&str> = router.interfaces.keys().map(|name| name.as_str()).collect();
                let message = format!("the configuration has no interface `{name}` to take down");
                let help = format!("there are {}", known.join(", "));
                wrong.push(Diagnostic::new(Code::BadPacket, message).help(help));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(Surroundings { unanswering: args.down.iter().copied().collect(), down, ..Surroundings::default() })
}
