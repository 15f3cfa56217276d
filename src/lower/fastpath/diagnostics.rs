//! What there is to say about a fast path that is not everywhere.

use super::ports::Ports;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::InterfaceName;
use rosc_ebpf::Hidden;
use rosc_route::Family;
use rosc_target::Origin;

/// There is none for a family, or one that only chooses gateways.
pub(super) fn off(family: Family, why: &str, origin: Origin, help: &str, chooses: bool) -> Diagnostic {
    let message = match chooses {
        true => format!("the fast path chooses gateways for {family} and forwards nothing: {why}"),
        false => format!("{family} has no fast path: {why}"),
    };
    Diagnostic::new(Code::FastPathOff, message).label(origin, "because of this").help(help)
}

/// What the fast path does where rules are in the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    /// It takes connections that rules put on it.
    pub(super) takes_connections: bool,
    /// It chooses gateways for what the stack forwards.
    pub(super) chooses: bool,
}

/// There is none for a family, or none on some interfaces, because of rules: the first of each menu is named.
pub(super) fn rules(
    family: Family,
    alone: Option<&Ports>,
    menus: &[(&'static str, Vec<Origin>)],
    left: Left,
) -> Option<Diagnostic> {
    let Left { takes_connections, chooses } = left;
    let menu_of = match family {
        Family::Ipv4 => "/ip firewall",
        Family::Ipv6 => "/ipv6 firewall",
    };
    let all: usize = menus.iter().map(|(_, rules)| rules.len()).sum();
    let count = match all {
        0 => return None,
        1 => "a firewall rule has".to_owned(),
        all => format!("{all} firewall rules have"),
    };
    let why = format!("{count} a say in");
    let message = match alone {
        None => {
            let what = match (takes_connections, chooses) {
                (true, true) => format!(
                    "the fast path chooses gateways for {family}, and forwards connections of fasttrack-connection alone"
                ),
                (true, false) => {
                    format!("{family} has a fast path for connections of fasttrack-connection alone")
                }
                (false, true) => format!("the fast path chooses gateways for {family} and forwards nothing"),
                (false, false) => format!("{family} has no fast path"),
            };
            format!("{what}: {why} forwarded packets")
        }
        Some(ports) => {
            let names: Vec<String> = ports.names().map(|name| format!("`{name}`")).collect();
            let names = names.join(", ");
            let what = match (takes_connections, chooses) {
                (true, true) => format!(
                    "on {names} the fast path chooses gateways for {family}, and forwards connections of fasttrack-connection alone"
                ),
                (true, false) => {
                    format!("no fast path on {names} but for connections of fasttrack-connection")
                }
                (false, true) => {
                    format!("on {names} the fast path chooses gateways for {family} and forwards nothing")
                }
                (false, false) => format!("no fast path on {names}"),
            };
            format!("{what}: {why} what comes in there")
        }
    };
    let help = "packets on the fast path meet no rule; rules of chains input and output, and those for other incoming \
                interfaces, are not in the way if they ask for no connection";
    let mut diagnostic = Diagnostic::new(Code::FastPathOff, message).help(help);
    // Who asks for the fast path and has such rules has asked for this.
    if takes_connections {
        diagnostic.severity = Severity::Note;
    }
    for (menu, rules) in menus {
        let text = match rules.len() {
            1 => format!("a rule of {menu_of} {menu}"),
            several => format!("the first of {several} rules of {menu_of} {menu}"),
        };
        diagnostic = diagnostic.label(rules[0], text);
    }
    Some(diagnostic)
}

/// Connections that rules would put on the fast path take the kernel's short cut.
pub(super) fn hidden_connections(hidden: Hidden, rule: Origin) -> Diagnostic {
    let (why, help) = match hidden {
        Hidden::ByKernel => (
            "this kernel does not let programs look into its connection tracking",
            "Linux 6.6 and later do, where they are built with the types of their own code (CONFIG_DEBUG_INFO_BTF)",
        ),
        Hidden::NotLoaded => (
            "its connection tracking is a module that is not loaded",
            "modprobe nf_conntrack nf_nat, and apply again; the Debian package has both loaded when the machine starts",
        ),
        Hidden::NoRight => (
            "its connection tracking is a module, and to call one takes CAP_SYS_ADMIN",
            "run it as root, or with what docs/privileges.md lists",
        ),
    };
    let message = format!(
        "connections of fasttrack-connection take the kernel's flow tables, not the fast path: {why}"
    );
    Diagnostic::new(Code::ConnectionsByKernel, message).label(rule, "this rule").help(help)
}

/// Multipath routes are left to the kernel.
pub(super) fn not_shared(family: Family, why: &str, origin: Origin, help: &str) -> Diagnostic {
    let message = format!("the fast path leaves multipath routes of {family} to the kernel: {why}");
    Diagnostic::new(Code::SharedByKernel, message).label(origin, "because of this").help(help)
}

/// They are left to it because others have a say.
pub(super) fn others_decide(family: Family, why: &str, origin: Origin, help: &str) -> Diagnostic {
    let message = format!("the fast path leaves multipath routes of {family} to the kernel: {why}");
    Diagnostic::new(Code::SharedByKernel, message).label(origin, "asked for here").help(help)
}

/// A multipath route is left to the kernel.
pub(super) fn route_not_shared(why: &str, origin: Origin, help: &str) -> Diagnostic {
    let message = format!("the fast path leaves a multipath route to the kernel: {why}");
    Diagnostic::new(Code::SharedByKernel, message).label(origin, "this route").help(help)
}

/// An interface without routed packets; of a port, the bridge is named.
pub(super) fn not_routed_on(
    interface: &InterfaceName,
    bridge: Option<&InterfaceName>,
    origin: Origin,
) -> Diagnostic {
    let message = format!("nothing is routed on `{interface}`, so there is no fast path for it");
    let diagnostic = Diagnostic::new(Code::NotRoutedOn, message);
    match bridge {
        Some(bridge) => diagnostic
            .label(origin, format!("a port of `{bridge}`"))
            .help(format!("packets come in by the bridge: write `{bridge}`")),
        None => diagnostic.label(origin, "no address, and no route leads out by it").help(
            "leave it out, or give it an address; without interfaces= all that are routed on are meant",
        ),
    }
}
