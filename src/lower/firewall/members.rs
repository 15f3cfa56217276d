//! Connections stay with the member of a group that the fast path has chosen for their first packet.
//!
//! The program at traffic control chooses for each packet anew; what it says of a connection that has a member already is
//! overruled here, before the rules of mangle. So no connection moves when the shares change.

use super::chain::Placed;
use crate::ir::firewall::MangleHook;
use crate::lower::Context;
use crate::lower::fastpath::Shape;
use crate::lower::mark::{MEMBER, ROUTING_MARK};
use rosc_ebpf::Mark as MemberMark;
use rosc_nftables::select::{ct, meta};
use rosc_nftables::{
    BaseHook, CtState, Direction, Family, Mark, Name, Ranges, Rule as LinuxRule, SetMark, State, Statement,
    Verdict,
};
use rosc_target::Origin;

impl Context<'_> {
    /// Adds the chain that keeps connections with their members, where connections are tracked. Where they are not, a packet
    /// goes by what the program says.
    pub(in crate::lower) fn keep_members(&self, shape: &Shape<'_>, nftables: &mut State) {
        for (family, table) in &mut nftables.tables {
            let groups = shape.marks(match family {
                Family::Ip => rosc_route::Family::Ipv4,
                Family::Ip6 => rosc_route::Family::Ipv6,
            });
            if groups.is_empty() || !table.tracks_connections() {
                continue;
            }
            let chain = table.chain(&Name::new("group_prerouting").expect("letters"));
            let of_mangle = MangleHook::Prerouting.place();
            chain.hook = Some(BaseHook { priority: of_mangle.priority - 1, ..of_mangle });
            chain.rules = rules(&groups);
        }
    }
}

/// The members of each group. Nothing but the program sets a routing mark before these rules.
fn rules(groups: &[Vec<MemberMark>]) -> Vec<LinuxRule> {
    let has_none = || of_member(0);
    // What the program does not look into, as options and parts of IPv6, goes where the rest of its connection does.
    let mut rules = vec![
        rule(vec![marked(0), ct::direction().eq(Direction::Reply)], Vec::new()),
        rule(vec![marked(0), has_none()], Vec::new()),
    ];
    for (place, group) in groups.iter().enumerate() {
        let others = groups.iter().enumerate().filter(|(other, _)| *other != place);
        let others = others.flat_map(|(_, others)| others).map(routing);
        // The destination may have come into another group since.
        let is_of_group = meta::mark().masked(ROUTING_MARK.bits()).none_of(others.collect::<Ranges<u32>>());
        for member in group {
            let conditions = is_of_group.clone().into_iter().chain([of_member(member.value.get())]);
            rules.push(rule(conditions.collect(), vec![set_routing(routing(member))]));
        }
    }
    if groups.len() > 1 {
        // Both directions may go to groups. The connection has its member of that of the first, so that neither forgets.
        let members = groups.iter().flatten().map(|member| MEMBER.place(member.value.get().into()));
        let has_one = ct::mark().masked(MEMBER.bits()).one_of(members.collect::<Ranges<u32>>());
        let is_answer = has_one.into_iter().chain([ct::direction().eq(Direction::Reply)]);
        rules.push(rule(is_answer.collect(), Vec::new()));
    }
    // It was there before there were members, and goes where the kernel has sent it so far.
    let is_older =
        vec![has_none(), ct::direction().eq(Direction::Original), ct::state().any_of(CtState::ESTABLISHED)];
    rules.push(rule(is_older, vec![set_routing(0)]));
    rules.extend(groups.iter().flatten().map(|member| {
        let comes = SetMark::field(Mark::Connection, MEMBER.bits(), MEMBER.place(member.value.get().into()));
        rule(vec![marked(routing(member))], vec![comes.into()])
    }));
    rules
}

/// The connection stays with the member of this number; of none for 0.
fn of_member(number: u16) -> Statement {
    ct::mark().masked(MEMBER.bits()).eq(MEMBER.place(number.into()))
}

fn routing(member: &MemberMark) -> u32 {
    ROUTING_MARK.place(member.value.get().into())
}

fn marked(value: u32) -> Statement {
    meta::mark().masked(ROUTING_MARK.bits()).eq(value)
}

fn set_routing(value: u32) -> Statement {
    SetMark::field(Mark::Packet, ROUTING_MARK.bits(), value).into()
}

/// The last that a packet of these conditions meets here. No line asks for it by itself.
fn rule(conditions: Vec<Statement>, actions: Vec<Statement>) -> LinuxRule {
    let last = [Verdict::Accept.into()];
    let statements: Vec<Statement> = conditions.into_iter().chain(actions).chain(last).collect();
    LinuxRule::uncounted(Origin::IMPLIED, statements).expect("it asks for nothing twice")
}
