//! Taking over what others have made.
//!
//! An object is taken over as it is: it gets the mark of rosc, and nothing else of it changes. What is wanted of it beside
//! that is a change of an object of rosc's, like any other. So the way back leads over the object as it was, with the mark of
//! whoever had made it.

use crate::change::Change;
use crate::diff::{arrange, compare};
use crate::observed::AddressOwner;
use crate::{Address, Comparison, Observed, Route, RouteKey, State};
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// An object that changes hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adopted {
    /// A route.
    Route {
        /// As it is.
        route: Route,
        /// The originator that it had (`rtm_protocol`).
        protocol: u8,
    },
    /// An address.
    Address {
        /// As it is.
        address: Address,
        /// The originator that it had (`IFA_PROTO`); 0 for none.
        protocol: u8,
    },
}

impl Adopted {
    /// The line that asked for such an object.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Route { route, .. } => route.origin,
            Self::Address { address, .. } => address.origin,
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Route { .. } => "route",
            Self::Address { .. } => "address",
        }
    }
}

/// As `ip` shows it, with its originator.
impl fmt::Display for Adopted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route { route, protocol } => write!(f, "{route} proto {protocol}"),
            Self::Address { address, protocol } => write!(f, "{address} proto {protocol}"),
        }
    }
}

/// Compares as [`compare`] does, but takes over the routes and addresses of others that stand where wanted ones belong, or
/// are these already. Objects with properties that this crate can't put back are left in the way.
pub fn compare_adopting(desired: &State, observed: &Observed) -> Comparison {
    let adopted = adoptable(desired, observed);
    if adopted.is_empty() {
        return compare(desired, observed);
    }
    let mut comparison = compare(desired, &taken_over(&adopted, observed));
    let changes = adopted.into_iter().map(Change::Adopt).chain(std::mem::take(&mut comparison.changes));
    comparison.changes = changes.collect();
    arrange(&mut comparison.changes);
    comparison
}

fn adoptable(desired: &State, observed: &Observed) -> Vec<Adopted> {
    let wanted: HashMap<_, Origin> =
        desired.addresses().iter().map(|address| (address.key(), address.origin)).collect();
    let addresses = observed.addresses.iter().filter_map(|found| {
        let protocol = found.protocol.filter(|_| found.owner == AddressOwner::Other)?;
        let origin = *wanted.get(&found.address.key())?;
        Some(Adopted::Address { address: Address { origin, ..found.address.clone() }, protocol })
    });
    addresses.chain(adoptable_routes(desired, observed)).collect()
}

fn adoptable_routes(desired: &State, observed: &Observed) -> Vec<Adopted> {
    let wanted: HashMap<RouteKey, Origin> =
        desired.routes().iter().map(|route| (route.key(), route.origin)).collect();
    let foreign = &observed.foreign.routes;
    let mut found: Vec<(RouteKey, Option<Adopted>)> = Vec::new();
    for record in foreign.iter() {
        let Some((key, origin)) = record.key().and_then(|key| wanted.get_key_value(&key)) else { continue };
        let route = record.to_route(foreign.names()).filter(|_| record.has_usual_scope());
        let adopted = route.map(|route| Adopted::Route {
            route: Route { origin: *origin, ..route },
            protocol: record.protocol,
        });
        found.push((*key, adopted));
    }
    // Of several with one key, only the first could be replaced.
    let mut seen = HashSet::new();
    let twice: HashSet<RouteKey> =
        found.iter().filter(|(key, _)| !seen.insert(*key)).map(|(key, _)| *key).collect();
    found.into_iter().filter(|(key, _)| !twice.contains(key)).filter_map(|(_, adopted)| adopted).collect()
}

/// What will be there once the objects are taken over.
fn taken_over(adopted: &[Adopted], observed: &Observed) -> Observed {
    let mut addresses = observed.state.addresses().to_vec();
    let mut routes = observed.state.routes().to_vec();
    for adopted in adopted {
        match adopted {
            Adopted::Route { route, .. } => routes.push(route.clone()),
            Adopted::Address { address, .. } => addresses.push(address.clone()),
        }
    }
    let routes_taken: HashSet<RouteKey> = adopted.iter().filter_map(route_of).map(Route::key).collect();
    let addresses_taken: HashSet<_> = adopted.iter().filter_map(address_of).map(Address::key).collect();
    let mut after = observed.clone();
    after.state =
        State::observed(observed.state.links().to_vec(), addresses, routes, observed.state.rules().to_vec());
    after.foreign.routes.retain(|record| record.key().is_none_or(|key| !routes_taken.contains(&key)));
    for found in &mut after.addresses {
        if addresses_taken.contains(&found.address.key()) {
            found.owner = AddressOwner::Rosc;
        }
    }
    after
}

fn route_of(adopted: &Adopted) -> Option<&Route> {
    if let Adopted::Route { route, .. } = adopted { Some(route) } else { None }
}

fn address_of(adopted: &Adopted) -> Option<&Address> {
    if let Adopted::Address { address, .. } = adopted { Some(address) } else { None }
}
