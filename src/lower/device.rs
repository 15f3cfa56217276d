//! Interfaces to network devices.

use super::diagnostics;
use crate::diagnostic::Diagnostic;
use crate::host::Host;
use crate::ir::{InterfaceKind, InterfaceName, Router};
use rosc_route::DeviceName;
use rosc_target::Origin;
use std::collections::{BTreeMap, BTreeSet};

/// The network device behind each interface.
#[derive(Debug)]
pub(super) struct Devices {
    devices: BTreeMap<InterfaceName, DeviceName>,
    made: BTreeSet<InterfaceName>,
    present: Option<BTreeSet<String>>,
}

impl Devices {
    /// Names are taken as they are, unless the overlay maps them. What is no device name is reported once.
    pub(super) fn new(router: &Router, host: &Host, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut devices = BTreeMap::new();
        let mut made = BTreeSet::new();
        for (name, interface) in &router.interfaces {
            let device = interface.device.as_deref().unwrap_or(name.as_str());
            match DeviceName::portable(device) {
                Ok(device) => {
                    devices.insert(name.clone(), device);
                }
                Err(error) => {
                    diagnostics.push(diagnostics::bad_device_name(name.as_str(), &error, interface.origin));
                }
            }
            if matches!(interface.kind, InterfaceKind::Bridge(_)) {
                made.insert(name.clone());
            }
        }
        let known = host.devices.as_ref().filter(|_| !host.may_lack_devices);
        let present = known.map(|devices| devices.keys().cloned().collect());
        Self { devices, made, present }
    }

    /// The device by name alone, whether or not it exists: for rules that match names.
    pub(super) fn named(&self, interface: &InterfaceName) -> Option<&DeviceName> {
        self.devices.get(interface)
    }

    /// The device, which has to exist or to be made: for what is put on it.
    pub(super) fn existing(
        &self,
        interface: &InterfaceName,
        origin: Origin,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<DeviceName> {
        let device = self.devices.get(interface)?;
        if let Some(present) = &self.present
            && !self.made.contains(interface)
            && !present.contains(device.as_str())
        {
            let known = present.iter().map(String::as_str).filter(|name| *name != "lo");
            diagnostics.push(diagnostics::no_such_device(interface.as_str(), device.as_str(), origin, known));
            return None;
        }
        Some(device.clone())
    }

    /// The interfaces by the names of their devices.
    pub(super) fn interfaces(&self) -> BTreeMap<String, InterfaceName> {
        self.devices.iter().map(|(name, device)| (device.as_str().to_owned(), name.clone())).collect()
    }
}
