//! What can be wrong with the meaning of items.

use crate::catalog::Field;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use rosc_target::Origin;

pub(super) fn dangling<'a>(
    kind: &str,
    name: &str,
    origin: Origin,
    known: impl IntoIterator<Item = &'a str>,
    declare: &str,
) -> Diagnostic {
    let near = did_you_mean(name, known).map(|name| format!("did you mean `{name}`?"));
    Diagnostic::new(Code::DanglingName, format!("there is no {kind} `{name}`"))
        .label(origin, "not declared anywhere")
        .help(near.unwrap_or_else(|| format!("declare it: {declare}")))
}

pub(super) fn duplicate(what: &str, origin: Origin, before: Origin) -> Diagnostic {
    Diagnostic::new(Code::Duplicate, format!("{what} is there twice"))
        .label(origin, "again here")
        .label(before, "first here")
        .help("remove one of the two, or disable it")
}

pub(super) fn deleted_object(name: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::NeverMatches, format!("`{name}` is what is left of a deleted object"))
        .label(origin, "RouterOS marks this item invalid")
        .help("the item does nothing on the router either; remove it, or name the object that was meant")
}

pub(super) fn bridge_port_in_rule(port: &str, bridge: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(
        Code::NeverMatches,
        format!("`{port}` is a port of `{bridge}`, so this rule never matches"),
    )
    .label(origin, "a bridge port")
    .help(format!("packets come in by the bridge: write `{bridge}`"))
}

pub(super) fn table_of_vrf(name: &str, origin: Origin) -> Diagnostic {
    refused(
        format!("table `{name}` is that of a VRF"),
        origin,
        "rosc makes no VRFs: use a table of /routing table",
    )
}

pub(super) fn contradiction(
    message: impl Into<String>,
    origin: Origin,
    label: &str,
    help: &str,
) -> Diagnostic {
    Diagnostic::new(Code::Contradiction, message).label(origin, label).help(help)
}

pub(super) fn wrong_family<T>(field: &Field<T>, name: &str, ipv6: bool) -> Diagnostic {
    let (is, wanted, menu) = if ipv6 { ("IPv4", "IPv6", "/ip") } else { ("IPv6", "IPv4", "/ipv6") };
    Diagnostic::new(Code::WrongType, format!("{name} is an {is} value where the menu is for {wanted}"))
        .label(field.origin, format!("not {wanted}"))
        .help(format!("what is for {is} belongs in the menus below {menu}"))
}

pub(super) fn refused(message: impl Into<String>, origin: Origin, help: &str) -> Diagnostic {
    Diagnostic::new(Code::RefusedProperty, message).label(origin, "used here").help(help)
}

pub(super) fn no_effect(property: &str, action: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::NoEffect, format!("{property} has no effect with action={action}"))
        .label(origin, "RouterOS does not look at it either")
        .help(format!("leave {property} out"))
}

pub(super) fn wrong_chain(message: impl Into<String>, origin: Origin, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::WrongChain, message).label(origin, "not possible here").help(help)
}

pub(super) fn unreachable_chain<'a>(
    name: &str,
    origins: &[Origin],
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let near = did_you_mean(name, known).map(|name| format!("did you mean `{name}`?"));
    let help = near.unwrap_or_else(|| format!("add a rule with action=jump jump-target={name}"));
    let message = format!("nothing jumps to chain `{name}`, so no packet meets its rules");
    let mut diagnostic = Diagnostic::new(Code::UnreachableChain, message).help(help);
    for origin in origins {
        diagnostic = diagnostic.label(*origin, "never reached");
    }
    diagnostic
}

pub(super) fn jump_loop(chains: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::JumpLoop, format!("chains jump to each other in a circle: {chains}"))
        .label(origin, "closes the circle")
        .help("a packet would never come out; remove one of the jumps")
}

pub(super) fn check_not_run(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::CheckNotRun, "check-gateway is recorded, but nothing probes the gateway")
        .label(origin, "the route stays in use while its interface is up")
        .help("a lost carrier takes the route out; a gateway that is silent behind a working link does not")
}

pub(super) fn arbitrary_route(origin: Origin, first: Origin) -> Diagnostic {
    Diagnostic::new(
        Code::ArbitraryRoute,
        "RouterOS 6 uses an arbitrary one of these routes of equal distance",
    )
    .label(origin, "used only if the first can't be")
    .label(first, "rosc uses this one")
    .help("give them different distances, or one route a list of gateways")
}

pub(super) fn table_without_fib(name: &str, origin: Origin) -> Diagnostic {
    let message = format!("table `{name}` is without the switch fib, so its routes are not used");
    Diagnostic::new(Code::TableWithoutFib, message)
        .label(origin, "no fib here")
        .help("write `add fib name=...` if packets are to be forwarded by this table")
}

pub(super) fn unused_route(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::UnusedRoute, "a route of distance 255 is never used")
        .label(origin, "distance 255")
        .help("give it a distance from 1 to 254")
}

pub(super) fn hidden_default(table: &str, min_prefix: u8, origin: Origin, route: Origin) -> Diagnostic {
    let message = format!("min-prefix={min_prefix} hides every route of table `{table}`");
    Diagnostic::new(Code::HiddenDefault, message)
        .label(origin, "answers this short don't count")
        .label(route, "such as this route")
        .help("rules made in WinBox often carry min-prefix=0 unasked; unset it if the table's default route is meant")
}

pub(super) fn marked_local_traffic(origin: Origin) -> Diagnostic {
    let message = "this can put a routing mark on packets to the router itself";
    Diagnostic::new(Code::MarkedLocalTraffic, message)
        .label(origin, "RouterOS 7 would look such packets up in the marked table first")
        .help("Linux delivers them to the router, as RouterOS 6 does; add dst-address-type=!local to say so")
}
