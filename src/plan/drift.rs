//! What somebody has changed by hand: the difference, told from the side of the machine.

use super::view::{ActionView, ChangeView};
use super::{Observed, Plan, Step, View};
use crate::lower::Desired;
use crate::source::on_one_line;
use rosc_nftables::Nftables;
use rosc_sysctl::SysctlTarget;
use rosc_target::{Diff, Target};
use std::fmt::Write;

/// What differs, a step for each target. It is not the way from one to the other, on which a firewall may take several steps.
pub fn differences(desired: &Desired, observed: &Observed) -> Plan {
    let rosc_route::Comparison { changes: route, mut conflicts, satisfied } =
        rosc_route::compare(&desired.route, &observed.route);
    let Diff { changes: nftables, conflicts: in_firewall } =
        Nftables::diff(&desired.nftables, &observed.nftables);
    let Diff { changes: sysctl, conflicts: in_sysctl } =
        SysctlTarget::diff(&desired.sysctl, &observed.sysctl);
    conflicts.extend(in_firewall);
    conflicts.extend(in_sysctl);
    let mut steps = vec![Step::Route(route), Step::Nftables(nftables), Step::Sysctl(sysctl)];
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
