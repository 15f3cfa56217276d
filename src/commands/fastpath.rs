//! `rosc show fastpath` and `rosc show metrics`.

use super::Outcome;
use super::failure::unreadable;
use super::output::Output;
use crate::cli::{Format, ShowArgs, Stage};
use crate::diagnostic::{Code, Diagnostic};
use crate::render;
use crate::source::Sources;
use crate::transaction::Machine;
use rosc_ebpf::Counters;

/// Shows what the programs in the kernel have counted.
pub(super) fn run(args: &ShowArgs, output: &Output) -> Outcome {
    match counters(args) {
        Ok(counters) => {
            show(args, &counters, output);
            Outcome::Fine
        }
        Err(diagnostic) => {
            output.diagnostics(&[diagnostic], &Sources::default());
            Outcome::Errors
        }
    }
}

fn counters(args: &ShowArgs) -> Result<Counters, Diagnostic> {
    if !args.files.is_empty() {
        return Err(Diagnostic::new(Code::UnreadableFile, "a file has counted nothing")
            .help("leave the files out; `show linux FILE` shows the fast path that a file asks for"));
    }
    let read = || Machine::open(&args.state_dir)?.counters();
    read().map_err(|error| unreadable(&error))?.ok_or_else(|| {
        Diagnostic::new(Code::NoFastPath, "there is no fast path on this machine").help(
            "/rosc fastpath set enabled=yes asks for one; rosc check says where it is not possible, and why",
        )
    })
}

fn show(args: &ShowArgs, counters: &Counters, output: &Output) {
    match (args.stage, args.format) {
        (Stage::Metrics, _) => output.print_exact(&render::metrics(counters)),
        (_, Format::Human) => output.print_exact(&render::counters(counters)),
        (_, Format::Json) => output.print_json(counters),
    }
}
