//! DNS names on address lists: the addresses that they have on the machine.

use crate::diagnostic::{Code, Diagnostic};
use crate::host::Unanswered;
use crate::ir::firewall::{AddressList, DnsName, IpRange};
use crate::lower::Context;
use rosc_nftables::Family;
use rosc_target::Origin;
use std::net::IpAddr;

impl Context<'_> {
    /// What the names of a list resolve to, as far as it is of the list's family. Each of them is told of, in the same
    /// words as the others: a list of thousands is one diagnostic.
    pub(super) fn resolved(&mut self, family: Family, list: &AddressList) -> Vec<IpRange> {
        let mut found = Vec::new();
        for (name, origin) in list.names() {
            self.diagnostics.push(not_again(origin, self.host.names.is_some()));
            match self.addresses_of(name, family) {
                Ok(addresses) => found.extend(addresses.iter().copied().filter_map(alone)),
                Err(why) => self.diagnostics.push(without_addresses(name, &why, origin)),
            }
        }
        found
    }

    /// The addresses of a name, or why there are none. Where names are not resolved there is nothing to complain of.
    fn addresses_of(&self, name: &DnsName, family: Family) -> Result<Vec<IpAddr>, String> {
        let Some(names) = &self.host.names else { return Ok(Vec::new()) };
        let addresses = match names.get(name) {
            Some(Ok(addresses)) => addresses.as_slice(),
            Some(Err(Unanswered::Failed(why))) => return Err(why.clone()),
            Some(Err(Unanswered::TooLate)) | None => return Err("there was no answer in time".to_owned()),
        };
        let (is_ipv6, called) = match family {
            Family::Ip => (false, "IPv4"),
            Family::Ip6 => (true, "IPv6"),
        };
        let of_family: Vec<IpAddr> =
            addresses.iter().copied().filter(|address| address.is_ipv6() == is_ipv6).collect();
        if of_family.is_empty() { Err(format!("it has no {called} address")) } else { Ok(of_family) }
    }
}

fn alone(address: IpAddr) -> Option<IpRange> {
    IpRange::new(address, address)
}

fn not_again(origin: Origin, is_known: bool) -> Diagnostic {
    let message =
        "a DNS name on an address list is resolved when the configuration is applied, and not again";
    let help = if is_known {
        "apply again from time to time: what has changed is changed, and the rest stays"
    } else {
        "rosc apply resolves names on the machine; here they are not resolved, and have no addresses"
    };
    Diagnostic::new(Code::LinuxDiffers, message)
        .label(origin, "RouterOS resolves it whenever an answer expires")
        .help(help)
}

fn without_addresses(name: &DnsName, why: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::LinuxDiffers, format!("a DNS name on an address list does not resolve: {why}"))
        .label(origin, format!("`{name}` puts nothing on the list"))
        .help("RouterOS would try again; apply again when the name resolves, or write the addresses")
}
