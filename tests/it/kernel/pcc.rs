//! per-connection-classifier: shares and stickiness over thousands of connections.

use super::{built, flows, host, router_of, send};
use rosc::lab::client::Kind;
use std::fmt::Write;

/// A router with so many uplinks, divided by connection.
fn with_uplinks(count: u32) -> String {
    let mut text = "/ip address\nadd address=192.168.88.1/24 interface=lan\n".to_owned();
    let mut line = |text_line: String| writeln!(text, "{text_line}").expect("writing to a string");
    for n in 1..=count {
        line(format!("/ip address add address=100.64.{n}.2/24 interface=wan{n}"));
        line(format!("/routing table add fib name=to-wan{n}"));
        line(format!("/ip route add gateway=100.64.{n}.1 routing-table=to-wan{n}"));
        line(format!("/ip firewall nat add action=masquerade chain=srcnat out-interface=wan{n}"));
        line(format!(
            "/ip firewall mangle add action=mark-connection chain=prerouting connection-mark=no-mark \
             connection-state=new dst-address-type=!local in-interface=lan new-connection-mark=wan{n} \
             per-connection-classifier=both-addresses-and-ports:{count}/{}",
            n - 1
        ));
    }
    for n in 1..=count {
        line(format!(
            "/ip firewall mangle add action=mark-routing chain=prerouting connection-mark=wan{n} in-interface=lan \
             dst-address-type=!local new-routing-mark=to-wan{n} passthrough=no"
        ));
    }
    text
}

#[test]
fn each_of_two_three_and_five_uplinks_gets_its_share_and_no_connection_moves() {
    const CONNECTIONS: u32 = 3000;
    const AT_ONCE: u32 = 500;
    for count in [2, 3, 5] {
        let Some(router) = router_of(&with_uplinks(count)) else { return };
        let lab = built(&router);
        let mut shares = std::collections::BTreeMap::new();
        for part in 0..CONNECTIONS / AT_ONCE {
            let plans = flows(part * AT_ONCE, AT_ONCE, Kind::Tcp, "192.168.88.10", "198.18.7.7", 80);
            let sent = send(&lab, host(&lab), &plans, 4);
            assert_eq!(sent.unanswered(), [0; 0], "{count} uplinks");
            assert_eq!(sent.changed(), [0; 0], "{count} uplinks");
            for (station, flows) in sent.spread() {
                *shares.entry(station).or_insert(0) += flows;
            }
        }
        assert_eq!(shares.len(), count as usize, "{shares:?}");
        for (station, flows) in shares {
            let share = f64::from(u32::try_from(flows).expect("few")) / f64::from(CONNECTIONS);
            let fair = 1.0 / f64::from(count);
            assert!((share - fair).abs() < 0.03, "uplink {station} of {count} has a share of {share}");
        }
    }
}
