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
    let read = || Machine::open(&args.state_dir)?.counters();
    let diagnostic = match read() {
        _ if !args.files.is_empty() => Diagnostic::new(Code::UnreadableFile, "a file has counted nothing")
            .help("leave the files out; `show linux FILE` shows the fast path that a file asks for"),
        Ok(Some(counters)) => {
            show(args, &counters, output);
            return Outcome::Fine;
        }
        Ok(None) => Diagnostic::new(Code::NoFastPath, "there is no fast path on this machine").help(
            "/rosc fastpath set enabled=yes asks for one; rosc check says where it is not possible, and why",
        ),
        Err(error) => unreadable(&error),
    };
    output.diagnostics(&[diagnostic], &Sources::default());
    Outcome::Errors
}

fn show(args: &ShowArgs, counters: &Counters, output: &Output) {
    match (args.stage, args.format) {
        (Stage::Metrics, _) => output.print_exact(&render::metrics(counters)),
        (_, Format::Human) => output.print_exact(&render::counters(counters)),
        (_, Format::Json) => output.print_json(counters),
    }
}
