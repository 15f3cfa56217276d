//! `rosc watch`.

use super::failure::unreadable;
use super::output::Output;
use super::{Outcome, signals};
use crate::cli::WatchArgs;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Sources;
use crate::watch::{Remark, Watch};
use std::os::fd::AsFd;

/// So many destinations are named in one line.
const MAX_NAMED: usize = 4;

/// Keeps up what the fast path is told until a signal comes.
pub(super) fn run(args: &WatchArgs, output: &Output) -> Outcome {
    let stop = match signals::wake() {
        Ok(stop) => stop,
        Err(error) => {
            let message = format!("could not watch for signals: {error}");
            return failed(Diagnostic::new(Code::Refused, message), output);
        }
    };
    let say = |remark: Remark| output.remark(&words(&remark));
    match Watch::open(&args.state_dir).and_then(|watch| watch.run(stop.as_fd(), say)) {
        Ok(()) => Outcome::Fine,
        Err(error) => failed(unreadable(&error), output),
    }
}

fn words(remark: &Remark) -> String {
    match remark {
        Remark::Waiting => "there is no fast path; waiting for one".to_owned(),
        Remark::Keeps(0) => "the fast path has no next hops; waiting for some".to_owned(),
        Remark::Keeps(1) => "keeping the neighbour of the fast path's next hop".to_owned(),
        Remark::Keeps(count) => format!("keeping the neighbours of the fast path's {count} next hops"),
        Remark::SetAside(destinations) if destinations.is_empty() => {
            "nobody else decides about packets of groups any more".to_owned()
        }
        Remark::SetAside(destinations) => {
            let (first, others) = destinations.split_at(destinations.len().min(MAX_NAMED));
            let named: Vec<String> = first.iter().map(ToString::to_string).collect();
            let others =
                if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            let named = named.join(", ");
            format!("others have come to decide about packets to {named}{others}: these go by the kernel")
        }
        Remark::TakeNoFrames(devices) => {
            let names: Vec<&str> = devices.iter().map(|device| device.as_str()).collect();
            format!("no driver hands frames to {}: what leaves there goes by the kernel", names.join(", "))
        }
    }
}

fn failed(diagnostic: Diagnostic, output: &Output) -> Outcome {
    output.diagnostics(&[diagnostic], &Sources::default());
    Outcome::Errors
}
