//! A family, as far as it can have a fast path.

use super::diagnostics::{self, Left};
use super::obstacles::Obstacle;
use super::ports::Ports;
use super::rules::Met;
use crate::diagnostic::Diagnostic;
use crate::ir::InterfaceName;
use crate::lower::Context;
use rosc_route::Family;

/// What stands in the way of a family, and on which ports nothing does.
pub(super) struct Side<'r> {
    pub(super) family: Family,
    /// The ports on which nothing is in the way.
    pub(super) free: Ports,
    /// What is in the way on all of them, but for rules.
    obstacles: Vec<Obstacle>,
    /// The firewall rules on the way, which may be in the way on some of them.
    rules: Met<'r>,
}

impl<'r> Side<'r> {
    pub(super) fn of(
        context: &Context<'r>,
        family: Family,
        ports: &Ports,
        route: &rosc_route::State,
    ) -> Self {
        let obstacles = context.obstacles(family, route);
        let rules = Met::of(context.router, family);
        let is_free = |port: &InterfaceName| {
            let alone = ports.only(|other| other == port);
            obstacles.is_empty() && rules.in_the_way(&alone).is_empty()
        };
        let free = ports.only(is_free);
        Self { family, free, obstacles, rules }
    }

    /// Whether all that is in the way of the fast path lets it choose gateways for the stack.
    pub(super) fn leaves_choices(&self) -> bool {
        self.obstacles.iter().all(Obstacle::leaves_choices)
    }

    /// What is to be said where the family has no fast path, or not on all ports.
    pub(super) fn why_not(&self, ports: &Ports, is_on: bool, left: Left) -> Vec<Diagnostic> {
        let told = self.obstacles.iter().map(|obstacle| obstacle.told(self.family, left.chooses));
        let mut told: Vec<Diagnostic> = told.collect();
        if !told.is_empty() || ports.is_empty() {
            return told;
        }
        let left_out = ports.only(|port| !is_on || !self.free.contains(port));
        let rules = self.rules.in_the_way(&left_out);
        let alone = is_on.then_some(&left_out);
        told.extend(diagnostics::rules(self.family, alone, &rules, left));
        told
    }
}

/// The ports of both families, since a program on a device looks at the packets of both; if they have none in common,
/// those of the first family that has any.
pub(super) fn taken(sides: &[Side<'_>]) -> Ports {
    let free: Vec<&Ports> = sides.iter().map(|side| &side.free).filter(|free| !free.is_empty()).collect();
    let Some(first) = free.first() else { return Ports::default() };
    let common = first.only(|port| free.iter().all(|free| free.contains(port)));
    if common.is_empty() { (*first).clone() } else { common }
}
