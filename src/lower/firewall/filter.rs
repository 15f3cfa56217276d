//! Filter and raw rules.

use super::Side;
use crate::ir::firewall::{FilterAction, RawAction};
use crate::lower::{Context, diagnostics};
use rosc_nftables::{Statement, Verdict};

impl<'r> Context<'r> {
    pub(super) fn raw(&mut self, side: &mut Side<'r>) {
        let table = &side.firewall.raw;
        self.menu(side, table, |_, _, action, _| {
            Some(match action {
                RawAction::Drop => vec![Verdict::Drop.into()],
                RawAction::Notrack => vec![Statement::Notrack, Verdict::Accept.into()],
            })
        });
    }

    pub(super) fn filter(&mut self, side: &mut Side<'r>) {
        let table = &side.firewall.filter;
        self.menu(side, table, |this, _, action, origin| {
            Some(match action {
                FilterAction::Drop => vec![Verdict::Drop.into()],
                FilterAction::Reject(_) => {
                    let message = "reject";
                    this.diagnostics.push(diagnostics::no_linux_form(message, origin, "drop instead"));
                    return None;
                }
                FilterAction::Tarpit => {
                    let message = "Linux holds no connections in a tarpit: their packets are dropped";
                    let help = "the sender waits as long, but for an answer to its first packet";
                    this.diagnostics.push(diagnostics::differs(message, origin, help));
                    vec![Verdict::Drop.into()]
                }
                FilterAction::FasttrackConnection => Vec::new(),
            })
        });
    }
}
