//! Requests for links.

use super::{CREATE, Devices, EXISTING, NotEncodable};
use crate::change::DeviceChange;
use crate::netlink::Request;
use crate::ownership::{LINK_GROUP, port_mark};
use crate::{Bridge, Link, LinkKind};
use netlink_packet_core::{DefaultNla, Emitable, NLA_F_NESTED, NLM_F_APPEND};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{BridgeStpState, InfoKind, LinkAttribute, LinkMessage, Prop};
use rtnetlink::{LinkBridge, LinkMessageBuilder, LinkUnspec};

// include/uapi/linux/if_link.h and ip.h
const IFLA_AF_SPEC: u16 = 26;
const AF_INET: u16 = 2;
const IFLA_INET_CONF: u16 = 1;
const IPV4_DEVCONF_PROMOTE_SECONDARIES: u16 = 20;

/// Makes a bridge, up and marked from its first moment.
pub(super) fn create(link: &Link, devices: &impl Devices) -> Result<Vec<Request>, NotEncodable> {
    let bridge = bridge_of(link)?;
    let mut builder = with_properties(LinkMessageBuilder::<LinkBridge>::new(link.name.as_str()), bridge)
        .append_extra_attribute(LinkAttribute::Group(LINK_GROUP))
        .up();
    if let Some(master) = &link.master {
        builder = builder.controller(devices.index(master)?);
    }
    let create = Request { message: RouteNetlinkMessage::NewLink(builder.build()), flags: CREATE };
    let Some(mtu) = bridge.mtu else { return Ok(vec![create]) };
    // An MTU that is part of the creation is forgotten when the first port comes; one that is set on a
    // bridge which is there is kept. The name stands for the index, which nobody knows yet.
    let pin = LinkUnspec::new_with_name(link.name.as_str()).mtu(mtu).build();
    Ok(vec![create, Request { message: RouteNetlinkMessage::SetLink(pin), flags: EXISTING }])
}

/// Gives a bridge other properties.
pub(super) fn modify(link: &Link, devices: &impl Devices) -> Result<Vec<Request>, NotEncodable> {
    let bridge = bridge_of(link)?;
    // The index alone says which: a name beside it asks for a new name, which before Linux 6.2 no device gets while it
    // is up, be it the one that it has.
    let builder = LinkMessageBuilder::<LinkBridge>::new_with_info_kind(InfoKind::Bridge);
    let mut builder = with_properties(builder, bridge).index(devices.index(&link.name)?);
    if let Some(mtu) = bridge.mtu {
        builder = builder.mtu(mtu);
    }
    // RTM_SETLINK would ignore the properties of the driver.
    Ok(vec![Request { message: RouteNetlinkMessage::NewLink(builder.build()), flags: EXISTING }])
}

pub(super) fn delete(link: &Link, devices: &impl Devices) -> Result<Vec<Request>, NotEncodable> {
    bridge_of(link)?;
    let message = link_by_index(devices.index(&link.name)?).build();
    Ok(vec![Request { message: RouteNetlinkMessage::DelLink(message), flags: EXISTING }])
}

/// Sets a device up or down and into or out of a bridge. The mark of a port comes before it joins and goes
/// after it left, so that no port of rosc's is ever without.
pub(super) fn set_device(
    change: &DeviceChange,
    devices: &impl Devices,
) -> Result<Vec<Request>, NotEncodable> {
    let DeviceChange { device, from, to, .. } = change;
    let index = devices.index(device)?;
    let mut set = link_by_index(index);
    if from.master != to.master {
        set = match &to.master {
            Some(master) => set.controller(devices.index(master)?),
            None => set.nocontroller(),
        };
    }
    if from.up != to.up {
        set = if to.up { set.up() } else { set.down() };
    }
    let set = Request { message: RouteNetlinkMessage::SetLink(set.build()), flags: EXISTING };
    let mut mark = LinkMessage::default();
    mark.header.index = index;
    mark.attributes.push(LinkAttribute::PropList(vec![Prop::AltIfName(port_mark(index))]));
    Ok(match (from.marked, to.marked) {
        (false, true) => {
            let message = RouteNetlinkMessage::NewLinkProp(mark);
            vec![Request { message, flags: CREATE | NLM_F_APPEND }, set]
        }
        (true, false) => {
            let message = RouteNetlinkMessage::DelLinkProp(mark);
            vec![set, Request { message, flags: EXISTING }]
        }
        (true, true) | (false, false) => vec![set],
    })
}

/// A request that says which device it is about, and nothing yet.
pub(crate) fn link_by_index(index: u32) -> LinkMessageBuilder<LinkUnspec> {
    LinkUnspec::new_with_index(index)
}

/// Sets whether the device keeps the other addresses of a subnet when its primary one is deleted.
pub(super) fn promote_secondaries(index: u32, value: bool) -> Request {
    let setting = DefaultNla::new(IPV4_DEVCONF_PROMOTE_SECONDARIES, u32::from(value).to_ne_bytes().to_vec());
    let settings = nested(AF_INET, &nested(IFLA_INET_CONF, &setting));
    let message = link_by_index(index)
        .append_extra_attribute(LinkAttribute::Other(nested(IFLA_AF_SPEC, &settings)))
        .build();
    Request { message: RouteNetlinkMessage::SetLink(message), flags: EXISTING }
}

fn nested(kind: u16, inner: &DefaultNla) -> DefaultNla {
    let mut value = vec![0; inner.buffer_len()];
    inner.emit(&mut value);
    DefaultNla::new(kind | NLA_F_NESTED, value)
}

fn with_properties(
    mut builder: LinkMessageBuilder<LinkBridge>,
    bridge: &Bridge,
) -> LinkMessageBuilder<LinkBridge> {
    if let Some(mac) = bridge.mac {
        builder = builder.address(mac.0.to_vec());
    }
    let stp = if bridge.stp { BridgeStpState::KernelStp } else { BridgeStpState::Disabled };
    builder
        .forward_delay(bridge.forward_delay.0)
        .ageing_time(bridge.ageing_time.0)
        .stp_state(stp)
        .priority(bridge.priority)
        .mcast_snooping(bridge.multicast_snooping)
}

fn bridge_of(link: &Link) -> Result<&Bridge, NotEncodable> {
    match &link.kind {
        LinkKind::Bridge(bridge) => Ok(bridge),
        LinkKind::Existing => {
            Err(NotEncodable::Contradiction("only bridges are made, modified and deleted".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DeviceName;
    use rosc_target::Origin;

    struct Seventh;

    impl Devices for Seventh {
        fn index(&self, _: &DeviceName) -> Result<u32, NotEncodable> {
            Ok(7)
        }

        fn promotes_secondaries(&self, _: &DeviceName) -> bool {
            false
        }
    }

    #[test]
    fn a_change_of_a_bridge_asks_for_no_name() {
        let name = DeviceName::new("lan").expect("a device name");
        let kind = LinkKind::Bridge(Bridge { mtu: Some(1400), ..Bridge::default() });
        let link = Link { origin: Origin::IMPLIED, name, kind, master: None };
        let requests = modify(&link, &Seventh).expect("a request");
        let [Request { message: RouteNetlinkMessage::NewLink(message), .. }] = &requests[..] else {
            panic!("one request");
        };
        assert_eq!(message.header.index, 7);
        let is_name = |attribute: &LinkAttribute| matches!(attribute, LinkAttribute::IfName(_));
        assert!(!message.attributes.iter().any(is_name), "{message:?}");
    }
}
