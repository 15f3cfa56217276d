//! What looks into packets: helpers of connection tracking, and patterns of layer 7.

use crate::catalog::property::properties;
use crate::catalog::types::Keyword;
use crate::catalog::{BuiltIn, Kind, Menu};
use crate::ir::firewall::{Ports, Service};
use std::time::Duration;

/// `/ip firewall service-port`. The defaults are those of RouterOS 7.
pub static IP_FIREWALL_SERVICE_PORT: Menu = Menu {
    path: "/ip/firewall/service-port",
    becomes: "nothing yet. Linux gives a connection a helper only where a rule says so, and rosc makes no such rules: \
              what is on by default is off too, without a warning where the configuration does not mention it",
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
        ("ftp", Self::Ftp),
        ("tftp", Self::Tftp),
        ("irc", Self::Irc),
        ("h323", Self::H323),
        ("sip", Self::Sip),
        ("pptp", Self::Pptp),
        ("rtsp", Self::Rtsp),
        ("udplite", Self::Udplite),
        ("dccp", Self::Dccp),
        ("sctp", Self::Sctp),
    ];
}

properties! {
    /// What an item of `/ip firewall service-port` says.
    pub struct ServicePortItem {
        name: "name" Service, Same;
        disabled: "disabled" bool = "no", Depends("irc and rtsp are off by default, the others on; yes is the same, but for udplite, dccp and sctp, which the kernel tracks by itself; with no, rosc warns that it assigns no helper to the others");
        ports: "ports" Ports, Depends("rosc warns that it assigns no helper, unless the service is disabled");
    }
    differs {
        "sip-direct-media" bool = "yes": "rosc assigns no helper to SIP";
        "sip-timeout" Duration = "1h": "rosc assigns no helper to SIP";
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
