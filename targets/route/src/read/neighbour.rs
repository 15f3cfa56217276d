//! Reading neighbours.

use crate::MacAddress;
use crate::netlink::attributes::{Attributes, ip_of, u16_of, u32_of};
use std::net::IpAddr;

// include/uapi/linux/neighbour.h
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const NUD_REACHABLE: u16 = 0x02;
const NUD_STALE: u16 = 0x04;
const NUD_DELAY: u16 = 0x08;
const NUD_PROBE: u16 = 0x10;
const NUD_PERMANENT: u16 = 0x80;
/// In these states the kernel sends to the address that it has, whether or not it is about to ask again.
const KNOWN: u16 = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
/// The length of a `struct ndmsg`.
const HEADER_LEN: usize = 12;

/// A neighbour as the kernel lists it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NeighbourRecord {
    pub(crate) index: u32,
    pub(crate) address: IpAddr,
    /// `None` where the kernel does not know it, or no more.
    pub(crate) link_address: Option<MacAddress>,
    pub(crate) permanent: bool,
}

impl NeighbourRecord {
    /// Reads a neighbour. `None` for what is none of IP, as the entries of a bridge.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let (header, attributes) = payload.split_at_checked(HEADER_LEN)?;
        let state = u16_of(header.get(8..)?)?;
        let find = |wanted| Attributes(attributes).find(|(kind, _)| *kind == wanted).map(|(_, value)| value);
        let link_address = find(NDA_LLADDR).and_then(|value| value.try_into().ok()).map(MacAddress);
        Some(Self {
            index: u32_of(header.get(4..)?)?,
            address: ip_of(find(NDA_DST)?)?,
            link_address: link_address.filter(|_| state & KNOWN != 0),
            permanent: state & NUD_PERMANENT != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: [u8; 8] = [8, 0, NDA_DST as u8, 0, 192, 0, 2, 1];
    const LINK_ADDRESS: [u8; 12] = [10, 0, NDA_LLADDR as u8, 0, 2, 0, 0, 0, 0, 9, 0, 0];

    fn parse(state: u16, attributes: &[&[u8]]) -> Option<NeighbourRecord> {
        let mut payload = vec![2, 0, 0, 0];
        payload.extend(7u32.to_ne_bytes());
        payload.extend(state.to_ne_bytes());
        payload.extend([0, 0]);
        attributes.iter().for_each(|attribute| payload.extend(*attribute));
        NeighbourRecord::parse(&payload)
    }

    #[test]
    fn an_address_counts_as_long_as_the_kernel_sends_to_it() {
        let known = Some(MacAddress([2, 0, 0, 0, 0, 9]));
        let states = [(0x02, known), (0x04, known), (0x08, known), (0x10, known), (0x80, known)];
        for (state, link_address) in states.into_iter().chain([(0x01, None), (0x20, None), (0, None)]) {
            let read = parse(state, &[&ADDRESS, &LINK_ADDRESS]).unwrap();
            assert_eq!((read.index, read.link_address), (7, link_address), "{state:#x}");
            assert_eq!(read.permanent, state == 0x80);
        }
    }

    #[test]
    fn what_has_no_ip_address_is_no_neighbour() {
        assert_eq!(parse(0x02, &[&LINK_ADDRESS]), None);
        assert_eq!(NeighbourRecord::parse(&[2, 0, 0]), None);
    }
}
