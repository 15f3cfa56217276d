//! Values of routes.

use super::{FromText, Mistake};
use std::net::IpAddr;

/// A gateway as written, its names not yet looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayText {
    /// `192.0.2.1`, `192.0.2.1%ether1`, `192.0.2.1@table`, or with both.
    Address {
        /// The address.
        address: IpAddr,
        /// What follows `%`.
        interface: Option<String>,
        /// What follows `@`.
        table: Option<String>,
    },
    /// `ether1`, `ether1@table`.
    Interface {
        /// The interface.
        interface: String,
        /// What follows `@`.
        table: Option<String>,
    },
}

impl FromText for GatewayText {
    const SHAPE: &'static str = "a gateway";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let (rest, table) = match text.split_once('@') {
            Some((rest, table)) => (rest, Some(table.to_owned())),
            None => (text, None),
        };
        let (host, interface) = match rest.split_once('%') {
            Some((host, interface)) => (host, Some(interface.to_owned())),
            None => (rest, None),
        };
        let empty = |name: &Option<String>| name.as_deref() == Some("");
        if empty(&table) || empty(&interface) || host.is_empty() {
            return Err(Mistake::with("an address, an interface, address%interface or address@table"));
        }
        match (host.parse(), interface) {
            (Ok(address), interface) => Ok(Self::Address { address, interface, table }),
            (Err(_), None) if !looks_like_an_address(host) => {
                Ok(Self::Interface { interface: host.to_owned(), table })
            }
            (Err(_), _) => Err(Mistake::with(format!("`{host}` is not an address"))),
        }
    }
}

/// Digits and dots, or anything with a colon: what was meant as an address, so a mistyped one is not taken for
/// an interface.
fn looks_like_an_address(text: &str) -> bool {
    text.contains(':') || text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_gateway_is_read() {
        let address = |interface: Option<&str>, table: Option<&str>| GatewayText::Address {
            address: "192.0.2.1".parse().expect("an address"),
            interface: interface.map(str::to_owned),
            table: table.map(str::to_owned),
        };
        assert_eq!(GatewayText::from_text("192.0.2.1"), Ok(address(None, None)));
        assert_eq!(GatewayText::from_text("192.0.2.1%ether1"), Ok(address(Some("ether1"), None)));
        assert_eq!(
            GatewayText::from_text("192.0.2.1%ether1@main"),
            Ok(address(Some("ether1"), Some("main")))
        );
        let interface = GatewayText::Interface { interface: "pppoe-out1".into(), table: None };
        assert_eq!(GatewayText::from_text("pppoe-out1"), Ok(interface));
    }

    #[test]
    fn a_mistyped_address_is_no_interface() {
        for text in ["192.0.2.256", "192.0.2.1/24", "2001:db8::g", "%ether1", "192.0.2.1%", "a%b"] {
            assert!(GatewayText::from_text(text).is_err(), "{text}");
        }
    }
}
