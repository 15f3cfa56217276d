//! What somebody has changed by hand: the difference, told from the side of the machine.

use super::view::{ActionView, ChangeView};
use super::{Differences, Observed, Plan, Step, View};
use crate::lower::Desired;
use crate::source::on_one_line;
use std::fmt::Write;

/// What differs, a step for each target. It is not the way from one to the other, on which a firewall may take several steps.
pub fn differences(desired: &Desired, observed: &Observed) -> Plan {
    let route = rosc_route::compare(&desired.route, &observed.route);
    let Differences { routes, firewall, settings, fastpath, conflicts, satisfied } =
        Differences::between(desired, observed, route);
    let mut steps =
        vec![Step::Route(routes), Step::Nftables(firewall), Step::Sysctl(settings), Step::Ebpf(fastpath)];
    steps.retain(|step| !step.is_empty());
    Plan { steps, conflicts, satisfied }
}

impl View {
    /// The differences as text, with the lines that they contradict.
    pub fn drift(&self) -> String {
        let mut out = String::new();
        for step in &self.steps {
            for change in &step.changes {
                let ChangeView { action, object, was, file, line } = change;
                let what = match action {
                    ActionView::Create => "missing",
                    ActionView::Change => "changed",
                    ActionView::Delete => "nobody asks for",
                };
                write!(out, "{what}: {}", on_one_line(object)).expect("writing to a string");
                if let Some(was) = was {
                    write!(out, " (is {})", on_one_line(was)).expect("writing to a string");
                }
                match (file, line) {
                    (Some(file), Some(line)) => writeln!(out, "  # {}:{line}", on_one_line(file)),
                    _ => writeln!(out),
                }
                .expect("writing to a string");
            }
            out.push_str(&step.more());
        }
        out
    }
}
