//! What Linux makes of a configuration that is not as it should be.

use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean};
use crate::ir::nexthop::Unresolved;
use rosc_route::{InvalidDeviceName, InvalidObject, InvalidReason};
use rosc_target::Origin;
use std::net::IpAddr;

pub(super) fn bad_device_name(interface: &str, error: &InvalidDeviceName, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::BadLinuxName, error.to_string())
        .label(origin, "the name of this interface")
        .help(format!("map it in an overlay: /rosc interface add name=\"{interface}\" device=..."))
}

pub(super) fn no_such_device<'a>(
    interface: &str,
    device: &str,
    origin: Origin,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let near = did_you_mean(device, known.clone());
    let all: Vec<&str> = known.into_iter().collect();
    let example = near.unwrap_or("...");
    let all = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
    Diagnostic::new(Code::NoSuchDevice, format!("this machine has no device `{device}`"))
        .label(origin, "needed here")
        .help(format!(
            "the machine has {all}; map the interface in an overlay: /rosc interface add name={interface} \
             device={example}"
        ))
}

pub(super) fn unreachable_gateway(gateway: &str, why: Unresolved, origin: Origin) -> Diagnostic {
    let message = format!("no interface reaches the gateway {gateway}");
    let diagnostic = Diagnostic::new(Code::UnreachableGateway, message);
    match why {
        Unresolved::NoRoute => diagnostic.label(origin, "in no connected network").help(
            "add an address in the gateway's network first, or name the interface: gateway=ADDRESS%INTERFACE",
        ),
        Unresolved::ScopeTooSmall(scope) => diagnostic
            .label(origin, format!("only a route of scope {scope} leads there"))
            .help(format!("set target-scope={scope} on this route, or a smaller scope on the other one")),
        Unresolved::NotAnswering => diagnostic.label(origin, "it does not answer"),
        Unresolved::InterfaceDown => diagnostic.label(origin, "its interface is down"),
    }
}

/// The machine is not known, and addresses come to it at run time.
pub(super) fn gateway_not_known_to_be_reached(gateway: &str, origin: Origin, client: Origin) -> Diagnostic {
    let message = format!("no interface is known to reach the gateway {gateway}");
    let diagnostic = Diagnostic::new(Code::UnreachableGateway, message)
        .label(origin, "in no network that is written down")
        .label(client, "an address is learned here")
        .help("on the machine, rosc apply looks at the addresses that are there; until then the route is left out");
    Diagnostic { severity: Severity::Warning, ..diagnostic }
}

pub(super) fn gateway_is_own_address(gateway: IpAddr, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::GatewayIsOwnAddress, format!("the gateway {gateway} is the router itself"))
        .label(origin, "one of the router's own addresses")
        .help("name the neighbour that takes the packets")
}

pub(super) fn invalid_object(invalid: &InvalidObject) -> Diagnostic {
    let InvalidObject { origin, object, reason } = invalid;
    match reason {
        InvalidReason::Duplicate { other, other_origin } => {
            Diagnostic::new(Code::NoLinuxForm, format!("Linux can't have both `{object}` and `{other}`"))
                .label(*origin, "this one")
                .label(*other_origin, "and this one")
                .help("remove one of the two")
        }
        InvalidReason::Family { .. }
        | InvalidReason::PrefixLength { .. }
        | InvalidReason::NoTable
        | InvalidReason::ReservedName
        | InvalidReason::OwnMaster
        | InvalidReason::NoRoom(_) => {
            Diagnostic::new(Code::NoLinuxForm, format!("Linux can't have `{object}`: {reason}"))
                .label(*origin, "asked for here")
        }
    }
}

pub(super) fn no_linux_form(message: impl Into<String>, origin: Origin, help: &str) -> Diagnostic {
    Diagnostic::new(Code::NoLinuxForm, message).label(origin, "asked for here").help(help)
}

pub(super) fn differs(message: impl Into<String>, origin: Origin, help: &str) -> Diagnostic {
    Diagnostic::new(Code::LinuxDiffers, message).label(origin, "asked for here").help(help)
}
