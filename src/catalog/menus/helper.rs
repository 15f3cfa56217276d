//! What looks into packets: helpers of connection tracking, and patterns of layer 7.

use crate::catalog::property::properties;
use crate::catalog::types::Keyword;
use crate::catalog::{BuiltIn, Kind, Menu};
use crate::ir::firewall::{Ports, Service};
use std::time::Duration;

/// `/ip firewall service-port`. The defaults are those of RouterOS 7.
pub static IP_FIREWALL_SERVICE_PORT: Menu = Menu {
    path: "/ip/firewall/service-port",
    becomes: "rules that give a new connection its helper by the port that it is to, where the firewall tracks \
              connections; what is on by default is on too. A helper that the machine's kernel does not have is warned of",
    kind: Kind::BuiltIn(&[
        BuiltIn { name: "ftp", values: &[("ports", "21")] },
        BuiltIn { name: "tftp", values: &[("ports", "69")] },
        BuiltIn { name: "irc", values: &[("ports", "6667"), ("disabled", "yes")] },
        BuiltIn { name: "h323", values: &[] },
        BuiltIn { name: "sip", values: &[("ports", "5060,5061")] },
        BuiltIn { name: "pptp", values: &[] },
        BuiltIn { name: "rtsp", values: &[("ports", "554"), ("disabled", "yes")] },
        BuiltIn { name: "udplite", values: &[] },
        BuiltIn { name: "dccp", values: &[] },
        BuiltIn { name: "sctp", values: &[] },
    ]),
    groups: &[ServicePortItem::PROPERTIES],
};

/// `/ip firewall layer7-protocol`.
pub static IP_FIREWALL_LAYER7_PROTOCOL: Menu = Menu {
    path: "/ip/firewall/layer7-protocol",
    becomes: "nothing: a pattern does nothing by itself, and rules that ask for one are refused",
    kind: Kind::Items,
    groups: &[Layer7Item::PROPERTIES],
};

impl Keyword for Service {
    const SHAPE: &'static str = "a service";
    const WORDS: &'static [(&'static str, Self)] = &[
        (Self::Ftp.name(), Self::Ftp),
        (Self::Tftp.name(), Self::Tftp),
        (Self::Irc.name(), Self::Irc),
        (Self::H323.name(), Self::H323),
        (Self::Sip.name(), Self::Sip),
        (Self::Pptp.name(), Self::Pptp),
        (Self::Rtsp.name(), Self::Rtsp),
        (Self::Udplite.name(), Self::Udplite),
        (Self::Dccp.name(), Self::Dccp),
        (Self::Sctp.name(), Self::Sctp),
    ];
}

properties! {
    /// What an item of `/ip firewall service-port` says.
    pub struct ServicePortItem {
        name: "name" Service, Same;
        disabled: "disabled" bool = "no", Depends("irc and rtsp are off by default, the others on; the same, but that udplite, dccp and sctp can't be switched off, since the kernel tracks them by itself, and that Linux has no helper for rtsp");
        ports: "ports" Ports, Depends("the same, but for rtsp, which Linux has no helper for");
    }
    differs {
        "sip-direct-media" bool = "yes": "a parameter of the kernel's module that rosc leaves as it is: nf_conntrack_sip sip_direct_media, which is yes by default";
        "sip-timeout" Duration = "1h": "a parameter of the kernel's module that rosc leaves as it is: nf_conntrack_sip sip_timeout, which is 1h by default";
    }
}

properties! {
    /// What an item of `/ip firewall layer7-protocol` says.
    pub struct Layer7Item {
        name: "name" String, SameAs("kept; a rule that asks for it is refused");
        comment: "comment" String, SameAs("kept");
    }
    inert {
        "regexp" String = "": "kept; a rule that asks for it is refused";
    }
}
