//! Links: `struct ifinfomsg` and its attributes.

use crate::netlink::attributes::{Attributes, text_of, u16_of, u32_of};
use crate::observed::{Device, ObservedBridge};
use crate::ownership::{LINK_GROUP, is_port_mark};
use crate::{Bridge, Centiseconds, DeviceName, DeviceState, MacAddress};
use std::collections::HashMap;

// include/uapi/linux/if.h
const IFF_UP: u32 = 1;
const IFF_RUNNING: u32 = 0x40;
const IFF_LOWER_UP: u32 = 0x1_0000;
// include/uapi/linux/if_arp.h
const ARPHRD_ETHER: u16 = 1;
// include/uapi/linux/if_link.h
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_AF_SPEC: u16 = 26;
const IFLA_GROUP: u16 = 27;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_PROP_LIST: u16 = 52;
const IFLA_ALT_IFNAME: u16 = 53;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const IFLA_BR_FORWARD_DELAY: u16 = 1;
const IFLA_BR_AGEING_TIME: u16 = 4;
const IFLA_BR_STP_STATE: u16 = 5;
const IFLA_BR_PRIORITY: u16 = 6;
const IFLA_BR_MCAST_SNOOPING: u16 = 23;
const IFLA_INET_CONF: u16 = 1;
const AF_INET: u16 = 2;
/// The place of `promote_secondaries` in the list of a device's IPv4 settings; the kernel counts
/// (`IPV4_DEVCONF_PROMOTE_SECONDARIES`) from 1.
const PROMOTE_SECONDARIES: usize = 20 - 1;
const HEADER_LEN: usize = 16;

/// A device as the kernel lists it: other devices are named by index.
pub(crate) struct LinkRecord {
    pub(crate) index: u32,
    pub(crate) name: DeviceName,
    kind: Option<String>,
    up: bool,
    running: bool,
    /// Whether there is a carrier: known at once, while `running` waits for the kernel to have taken notice.
    pub(super) has_carrier: bool,
    master: Option<u32>,
    marked: bool,
    mac: Option<MacAddress>,
    pub(crate) mtu: u32,
    parent: Option<u32>,
    group: u32,
    bridge: Option<Bridge>,
    promotes_secondaries: bool,
}

impl LinkRecord {
    /// Reads a link. `None` for a name that no configuration can hold (one that is no UTF-8): whatever lies
    /// on such a device is foreign.
    pub(super) fn parse(payload: &[u8]) -> Option<Self> {
        let (header, attributes) = payload.split_at_checked(HEADER_LEN)?;
        let is_ethernet = u16_of(header.get(2..)?)? == ARPHRD_ETHER;
        let flags = u32_of(header.get(8..)?)?;
        let mut name = None;
        let mut is_elsewhere = false;
        let mut record = Self {
            index: u32_of(header.get(4..)?)?,
            name: DeviceName::loopback(),
            kind: None,
            up: flags & IFF_UP != 0,
            running: flags & IFF_RUNNING != 0,
            has_carrier: flags & IFF_LOWER_UP != 0,
            master: None,
            marked: false,
            mac: None,
            mtu: 0,
            parent: None,
            group: 0,
            bridge: None,
            promotes_secondaries: false,
        };
        for (kind, value) in Attributes(attributes) {
            match kind {
                IFLA_IFNAME => name = device_name(value),
                IFLA_MTU => record.mtu = u32_of(value)?,
                IFLA_ADDRESS if is_ethernet => record.mac = value.try_into().ok().map(MacAddress),
                IFLA_LINK => record.parent = u32_of(value).filter(|index| *index != 0),
                IFLA_LINK_NETNSID => is_elsewhere = true,
                IFLA_MASTER => record.master = u32_of(value).filter(|index| *index != 0),
                IFLA_GROUP => record.group = u32_of(value)?,
                IFLA_LINKINFO => (record.kind, record.bridge) = link_info(value),
                IFLA_PROP_LIST => {
                    record.marked = Attributes(value)
                        .any(|(kind, name)| kind == IFLA_ALT_IFNAME && is_port_mark(text_of(name)));
                }
                IFLA_AF_SPEC => record.promotes_secondaries = promotes_secondaries(value),
                _ => {}
            }
        }
        // A veth's other end may have the same index in another namespace.
        record.parent = record.parent.filter(|_| !is_elsewhere);
        record.name = name?;
        Some(record)
    }

    /// Whether what it is given goes out.
    pub(crate) fn can_send(&self) -> bool {
        self.up && self.has_carrier
    }

    pub(super) fn into_device(self, names: &HashMap<u32, DeviceName>) -> Device {
        let bridge = self.bridge.map(|bridge| ObservedBridge {
            bridge: Bridge { mac: self.mac, mtu: Some(self.mtu), ..bridge },
            owned: self.group == LINK_GROUP,
        });
        let master = self.master.and_then(|index| names.get(&index).cloned());
        Device {
            name: self.name,
            index: self.index,
            kind: self.kind,
            state: DeviceState { up: self.up, master, marked: self.marked },
            running: self.running,
            mac: self.mac,
            mtu: self.mtu,
            parent: self.parent,
            bridge,
            promotes_secondaries: self.promotes_secondaries,
        }
    }
}

fn device_name(value: &[u8]) -> Option<DeviceName> {
    std::str::from_utf8(text_of(value)).ok().and_then(|name| DeviceName::new(name).ok())
}

/// Reads what made the device, and its properties if that is the bridge driver.
fn link_info(value: &[u8]) -> (Option<String>, Option<Bridge>) {
    let mut kind = None;
    let mut data = &[][..];
    for (attribute, value) in Attributes(value) {
        match attribute {
            IFLA_INFO_KIND => kind = Some(String::from_utf8_lossy(text_of(value)).into_owned()),
            IFLA_INFO_DATA => data = value,
            _ => {}
        }
    }
    let bridge = (kind.as_deref() == Some("bridge")).then(|| bridge(data));
    (kind, bridge)
}

fn bridge(data: &[u8]) -> Bridge {
    let mut bridge = Bridge::default();
    for (kind, value) in Attributes(data) {
        match (kind, u32_of(value)) {
            (IFLA_BR_FORWARD_DELAY, Some(time)) => bridge.forward_delay = Centiseconds(time),
            (IFLA_BR_AGEING_TIME, Some(time)) => bridge.ageing_time = Centiseconds(time),
            // 1 is the kernel's spanning tree, 2 a daemon's.
            (IFLA_BR_STP_STATE, Some(state)) => bridge.stp = state != 0,
            (IFLA_BR_PRIORITY, None) => bridge.priority = u16_of(value).unwrap_or(bridge.priority),
            (IFLA_BR_MCAST_SNOOPING, None) => bridge.multicast_snooping = value == [1],
            _ => {}
        }
    }
    bridge
}

fn promotes_secondaries(af_spec: &[u8]) -> bool {
    let settings = Attributes(af_spec)
        .find(|(family, _)| *family == AF_INET)
        .and_then(|(_, inet)| Attributes(inet).find(|(kind, _)| *kind == IFLA_INET_CONF));
    let place = PROMOTE_SECONDARIES * size_of::<u32>();
    settings.and_then(|(_, values)| values.get(place..)).and_then(u32_of).is_some_and(|value| value != 0)
}
