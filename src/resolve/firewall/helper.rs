//! `/ip firewall service-port` and `/ip firewall layer7-protocol`.

use crate::catalog::{self, Layer7Item, ServicePortItem};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::firewall::{Service, ServicePort};
use crate::resolve::{Resolver, diagnostics};
use rosc_target::Origin;
use std::collections::BTreeMap;

impl Resolver<'_, '_> {
    /// Reads the services: all that a router has, since it has them by itself.
    pub(super) fn service_ports(&mut self) -> Vec<ServicePort> {
        let mut services = Vec::new();
        let menu = &catalog::IP_FIREWALL_SERVICE_PORT;
        self.for_each_declaration(menu, ServicePortItem::read, |resolver, read| {
            let ServicePortItem { name, disabled, ports } = read.value;
            let Some(service) = name.value.filter(|_| read.is_usable) else { return };
            let written = |origin: Option<Origin>| origin.filter(|origin| !origin.is_implied());
            let switched = written(disabled.place());
            let is_disabled = disabled.value == Some(true);
            match (switched, written(ports.place())) {
                (Some(place), _) if is_disabled && service.is_transport() => {
                    resolver.report(tracked_all_the_same(service, place));
                }
                (Some(place), _) | (None, Some(place)) if !is_disabled && service == Service::Rtsp => {
                    resolver.report(no_helper(service, place));
                }
                (_, _) => {}
            }
            if !is_disabled {
                let origin = switched.or(written(ports.place())).unwrap_or_default();
                services.push(ServicePort { origin, service, ports: ports.value });
            }
        });
        services
    }

    /// Looks whether the patterns are rightly written; nothing can use them.
    pub(super) fn layer7_protocols(&mut self) {
        let mut known: BTreeMap<String, Origin> = BTreeMap::new();
        let menu = &catalog::IP_FIREWALL_LAYER7_PROTOCOL;
        self.for_each_declaration(menu, Layer7Item::read, |resolver, read| {
            let Layer7Item { name, comment: _ } = read.value;
            let origin = name.origin;
            let Some(name) = resolver.declared("name", name, read.is_usable) else { return };
            if let Some(before) = known.get(&name) {
                resolver.report(diagnostics::duplicate(&format!("pattern `{name}`"), origin, *before));
                return;
            }
            known.insert(name, origin);
        });
    }
}

fn no_helper(service: Service, place: Origin) -> Diagnostic {
    Diagnostic::new(Code::CloseProperty, format!("Linux has no helper for connections of {}", service.name()))
        .label(place, "asked for here")
        .help(
            "connections that they announce are not expected: they are new ones to the firewall, and their \
             addresses are not translated; with disabled=yes it is the same on both",
        )
}

fn tracked_all_the_same(service: Service, place: Origin) -> Diagnostic {
    let message = format!("Linux tracks {} with its ports all the same", service.name());
    Diagnostic::new(Code::CloseProperty, message)
        .label(place, "switched off here")
        .help("RouterOS tells such connections apart by their addresses alone then")
}
