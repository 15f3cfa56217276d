//! Addresses.

use super::Context;
use rosc_route::{Address, DuplicateDetection};

impl Context<'_> {
    pub(super) fn addresses(&mut self) -> Vec<Address> {
        let mut addresses = Vec::with_capacity(self.router.addresses.len());
        for address in &self.router.addresses {
            let device = self.devices.existing(&address.interface, address.origin, &mut self.diagnostics);
            let Some(device) = device else { continue };
            addresses.push(Address {
                origin: address.origin,
                device,
                local: address.address,
                prefix_len: address.prefix_len,
                peer: address.peer,
                duplicate_detection: if address.detect_duplicates {
                    DuplicateDetection::Perform
                } else {
                    DuplicateDetection::Skip
                },
            });
        }
        addresses
    }
}
