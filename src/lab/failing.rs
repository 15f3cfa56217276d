//! What can fail in the world, and come back.

use super::world::{WIRE, World, default_route, in_namespace, lab_address};
use super::{LabError, Role, carrier};
use rosc_route::DeviceName;
use rosc_route::topology::Topology as Builder;
use rosc_target::TargetError;
use std::net::IpAddr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cable {
    Cut,
    Whole,
}

impl World {
    /// Cuts a station's cable. If nothing else is on the wire, the router's port loses its carrier, and this waits
    /// until the router has noticed.
    pub fn cut(&self, station: usize) -> Result<(), LabError> {
        self.set_cable(station, Cable::Cut)
    }

    /// Mends a cable that was cut.
    pub fn mend(&self, station: usize) -> Result<(), LabError> {
        self.set_cable(station, Cable::Whole)
    }

    fn set_cable(&self, station: usize, cable: Cable) -> Result<(), LabError> {
        let placed = &self.stations()[station];
        let wire = DeviceName::new(WIRE).expect("a good name");
        let (namespace, device) = match &placed.far_end {
            Some((switch, end)) => (&self.wires[*switch], end),
            None => (&placed.namespace, &wire),
        };
        in_namespace(namespace, |builder| match cable {
            Cable::Cut => builder.set_down(device),
            Cable::Whole => builder.set_up(device),
        })?;
        if placed.alone {
            if cable == Cable::Whole {
                // Setting a device down has taken its routes along.
                let station = placed.station.clone();
                in_namespace(&placed.namespace, |builder| {
                    for address in station.addresses.iter().filter(|address| address.addr().is_ipv6()) {
                        builder.address(&lab_address(&wire, *address))?;
                    }
                    station.ways_back().try_for_each(|router| builder.route(&default_route(router, &wire)))
                })?;
            }
            let port = std::slice::from_ref(&placed.port);
            self.on_router(|| carrier::wait_for(port, cable == Cable::Whole))?;
        }
        Ok(())
    }

    /// Makes a remote host silent at all providers: packets to it are dropped there.
    pub fn silence(&self, address: IpAddr) -> Result<(), LabError> {
        self.each_provider(|builder| builder.no_any_ip(address.into()))
    }

    /// Lets a host speak again.
    pub fn unsilence(&self, address: IpAddr) -> Result<(), LabError> {
        self.each_provider(|builder| builder.any_ip(address.into()))
    }

    fn each_provider(
        &self,
        act: impl Fn(&mut Builder) -> Result<(), TargetError> + Sync,
    ) -> Result<(), LabError> {
        let mut providers = self.stations().iter().filter(|placed| placed.station.role == Role::Provider);
        providers.try_for_each(|placed| in_namespace(&placed.namespace, &act))
    }
}
