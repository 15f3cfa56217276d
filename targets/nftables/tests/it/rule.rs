//! Rules as they are built.

use crate::build::{interface, name};
use rosc_nftables::select::{self, ct, ip, meta, port, tcp, udp};
use rosc_nftables::{
    CtCount, CtState, Interfaces, InvalidRule, IpField, Key, KeyField, Limit, LimitPer, Mark, Maxseg, Nat,
    NatFlags, NatTo, Payload, PortField, Protocol, Ranges, Reject, Rule, SetMark, SetUpdate, Statement,
    TcpFlags, Transport, Verdict, text,
};
use rosc_target::Origin;
use std::num::NonZeroU32;

fn text_of(statements: impl IntoIterator<Item = Statement>) -> String {
    match Rule::new(Origin::IMPLIED, statements) {
        Ok(rule) => rule.to_string(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn matches_stand_in_one_order_and_a_counter_behind_them() {
    let written = [
        ct::state().any_of(CtState::NEW | CtState::INVALID),
        tcp::dport().eq(22u16),
        meta::iifname().eq(interface("wan")),
        Verdict::Drop.into(),
    ];
    assert_eq!(text_of(written), r#"iifname "wan" tcp dport 22 ct state invalid,new counter drop"#);
}

#[test]
fn a_given_counter_stays_where_it_is() {
    let written = [Statement::Log(None), Statement::counter(), Verdict::Accept.into()];
    assert_eq!(text_of(written), "log counter accept");
}

#[test]
fn a_match_on_the_protocol_that_another_implies_is_left_out() {
    let tcp = || meta::l4proto().eq(Protocol::TCP);
    assert_eq!(text_of([tcp(), tcp::dport().eq(80u16)]), "tcp dport 80 counter");
    assert_eq!(text_of([tcp::dport().eq(80u16), ip::protocol().eq(Protocol::TCP)]), "tcp dport 80 counter");
    assert_eq!(text_of([tcp(), ip::ttl().eq(1u8)]), "meta l4proto tcp ip ttl 1 counter");
    // A look at an option implies it as well, but nft wants it to be loaded where ports are translated.
    assert_eq!(
        text_of([tcp::maxseg().le(1400)]),
        "meta l4proto tcp tcp option maxseg size == 0-1400 counter"
    );
}

#[test]
fn ports_of_any_protocol_are_named_after_the_one_that_is_known() {
    let any = || port::dport(Transport::Any).eq(53u16);
    assert_eq!(text_of([any(), meta::l4proto().eq(Protocol::UDP)]), "udp dport 53 counter");
    let either = meta::l4proto().one_of([Protocol::UDP, Protocol::TCP]).unwrap();
    assert_eq!(text_of([either, any()]), "meta l4proto { tcp, udp } th dport 53 counter");
    let hash = |of| select::jhash([Payload::Port(of, PortField::Sport)], 2, 7).unwrap().eq(1).unwrap();
    assert_eq!(
        text_of([udp::dport().eq(53u16), hash(Transport::Any)]),
        "udp dport 53 jhash udp sport mod 2 seed 0x7 == 1 counter"
    );
}

#[test]
fn matches_that_count_packets_come_last() {
    let every_third = select::numgen_inc(3).unwrap().eq(0).unwrap();
    assert_eq!(text_of([every_third, ip::ttl().eq(1u8)]), "ip ttl 1 numgen inc mod 3 == 0 counter");
}

#[test]
fn what_counts_packets_counts_those_of_the_protocol_that_is_read_behind_it() {
    let turn = || select::numgen_inc(3).unwrap().eq(0).unwrap();
    let hash = |of| select::jhash([Payload::Port(of, PortField::Sport)], 2, 7).unwrap().eq(1).unwrap();
    let counted = "numgen inc mod 3 == 0 jhash tcp sport mod 2 seed 0x7 == 1 counter";
    for of_tcp in [
        vec![meta::l4proto().eq(Protocol::TCP), turn(), hash(Transport::Any)],
        vec![turn(), hash(Transport::Tcp)],
    ] {
        assert_eq!(text_of(of_tcp), format!("meta l4proto tcp {counted}"));
    }
    assert_eq!(
        text_of([turn(), hash(Transport::Tcp), tcp::dport().eq(1u16)]),
        format!("tcp dport 1 {counted}")
    );
    // Where a hash of ports is for some protocols alone, all are counted nevertheless.
    let some = meta::l4proto().one_of([Protocol::TCP, Protocol::UDP]).unwrap();
    assert_eq!(
        text_of([turn(), some, hash(Transport::Any), ip::ttl().eq(1u8)]),
        "ip ttl 1 numgen inc mod 3 == 0 meta l4proto { tcp, udp } jhash th sport mod 2 seed 0x7 == 1 counter"
    );
}

#[test]
fn limits_see_only_packets_that_fulfil_the_matches() {
    let limit = || Statement::from(Limit::packets(3, LimitPer::Minute, 1).unwrap());
    let turn = || select::numgen_inc(3).unwrap().eq(0).unwrap();
    let lot = || select::numgen_random(2).unwrap().eq(0).unwrap();
    assert_eq!(
        text_of([
            limit(),
            tcp::dport().eq(22u16),
            meta::iifname().eq(interface("wan")),
            Verdict::Drop.into()
        ]),
        r#"iifname "wan" tcp dport 22 limit rate 3/minute burst 1 packets counter drop"#
    );
    // Among those that count, and what is dealt out behind them, the order is kept.
    assert_eq!(
        text_of([lot(), turn(), limit(), lot(), ip::ttl().eq(1u8), limit(), lot(), lot()]),
        "ip ttl 1 numgen random mod 2 == 0 numgen inc mod 3 == 0 limit rate 3/minute burst 1 packets \
         numgen random mod 2 == 0 limit rate 3/minute burst 1 packets numgen random mod 2 == 0 \
         numgen random mod 2 == 0 counter"
    );
    // A match that is added because another one implies it stands with the others.
    assert_eq!(
        text_of([tcp::maxseg().le(1400), limit()]),
        "meta l4proto tcp tcp option maxseg size == 0-1400 limit rate 3/minute burst 1 packets counter"
    );
    assert_eq!(
        Rule::new(Origin::IMPLIED, [Statement::Log(None), limit()]).unwrap_err(),
        InvalidRule::MatchBehindAction
    );
}

#[test]
fn what_fills_a_set_is_a_condition_only_with_a_limit_or_a_number_of_connections() {
    let set = name("u_set");
    let saddr = || KeyField::whole(Payload::Ip(IpField::Saddr)).unwrap();
    let dport = || KeyField::whole(Payload::Port(Transport::Any, PortField::Dport)).unwrap();
    let add = SetUpdate::add(&set, saddr(), NonZeroU32::new(600));
    assert_eq!(
        text_of([udp::dport().eq(53u16), add.clone().into(), Verdict::Drop.into()]),
        "udp dport 53 counter add @u_set { ip saddr timeout 600s } drop"
    );
    let limited = add.with_limit(Limit::packets(3, LimitPer::Minute, 1).unwrap());
    assert_eq!(
        text_of([limited.into(), udp::dport().eq(53u16)]),
        "udp dport 53 add @u_set { ip saddr timeout 600s limit rate 3/minute burst 1 packets } counter"
    );
    let key = Key::new([saddr(), dport()]).unwrap();
    let connections = || Statement::from(SetUpdate::connections(&set, key.clone(), CtCount::over(9)));
    assert_eq!(
        text_of([connections(), meta::l4proto().eq(Protocol::TCP)]),
        "add @u_set { ip saddr . tcp dport ct count over 9 } counter"
    );
    // A limit before it must not see packets of other protocols.
    let limit = || Statement::from(Limit::packets(3, LimitPer::Minute, 1).unwrap());
    let tcp_port = KeyField::whole(Payload::Port(Transport::Tcp, PortField::Dport)).unwrap();
    let of_tcp = || SetUpdate::connections(&set, tcp_port, CtCount::over(9)).into();
    let limited = "limit rate 3/minute burst 1 packets add @u_set { tcp dport ct count over 9 } counter";
    assert_eq!(text_of([limit(), of_tcp()]), format!("meta l4proto tcp {limited}"));
    assert_eq!(
        text_of([ip::protocol().eq(Protocol::TCP), limit(), of_tcp()]),
        format!("ip protocol tcp {limited}")
    );
    assert_eq!(text_of([tcp::sport().eq(1u16), limit(), of_tcp()]), format!("tcp sport 1 {limited}"));
    assert_eq!(
        Rule::new(Origin::IMPLIED, [Statement::counter(), connections()]).unwrap_err(),
        InvalidRule::MatchBehindAction
    );
    assert_eq!(
        Rule::new(Origin::IMPLIED, [connections(), meta::l4proto().eq(Protocol::ICMP)]).unwrap_err(),
        InvalidRule::NoPorts(Protocol::ICMP)
    );
}

#[test]
fn values_are_sorted_merged_and_folded() {
    let ports = |ports: &[u16]| tcp::dport().one_of(ports.iter().copied().collect::<Ranges<u16>>()).unwrap();
    assert_eq!(text_of([ports(&[443, 80, 81, 80])]), "tcp dport { 80-81, 443 } counter");
    assert_eq!(text_of([ports(&[80])]), "tcp dport 80 counter");
    let names = |texts: &[&str]| texts.iter().map(|text| interface(text)).collect::<Interfaces>();
    let lan = meta::iifname().none_of(names(&["lan2", "ppp1", "ppp*", "lan1"])).unwrap();
    assert_eq!(text_of([lan]), r#"iifname != { "lan1", "lan2", "ppp*" } counter"#);
}

#[test]
fn less_and_greater_are_intervals() {
    assert_eq!(text_of([tcp::dport().ge(1024)]), "tcp dport 1024-65535 counter");
    assert_eq!(text_of([ip::ttl().lt(2).unwrap()]), "ip ttl 0-1 counter");
    assert!(ip::ttl().lt(0).is_none() && ip::ttl().gt(255).is_none());
}

#[test]
fn a_mask_that_covers_everything_is_none() {
    let all = NonZeroU32::MAX;
    assert_eq!(text_of([ct::mark().masked(all).eq(1u32)]), "ct mark 0x00000001 counter");
    let field = NonZeroU32::new(0xffff).unwrap();
    assert_eq!(text_of([ct::mark().masked(field).ne(0u32)]), "ct mark & 0x0000ffff != 0x00000000 counter");
}

#[test]
fn setting_a_field_of_a_mark_keeps_the_other_bits() {
    let field = NonZeroU32::new(0xffff).unwrap();
    let set = |value| text_of([SetMark::field(Mark::Packet, field, value).into()]);
    assert_eq!(set(1), "counter meta mark set meta mark & 0xffff0001 | 0x00000001");
    assert_eq!(set(0), "counter meta mark set meta mark & 0xffff0000");
    assert_eq!(set(0xffff), "counter meta mark set meta mark | 0x0000ffff");
    // Bits outside of the field are ignored.
    assert_eq!(set(0x10001), set(1));
    let whole = SetMark::field(Mark::Connection, NonZeroU32::MAX, 7);
    assert_eq!(text_of([whole.into()]), "counter ct mark set 0x00000007");
}

#[test]
fn tcp_flags_have_one_form_for_each_meaning() {
    let flags = tcp::flags;
    let both = TcpFlags::SYN | TcpFlags::ACK;
    assert_eq!(text_of([flags().masked_eq(both, TcpFlags::SYN)]), "tcp flags & (syn | ack) == syn counter");
    assert_eq!(text_of([flags().masked_eq(both, TcpFlags::RST)]), "tcp flags ! syn,ack counter");
    assert_eq!(text_of([flags().masked_eq(TcpFlags::SYN, TcpFlags::SYN)]), "tcp flags syn counter");
}

#[test]
fn a_rule_that_no_packet_or_no_nft_could_take_is_refused() {
    let tcp = || meta::l4proto().eq(Protocol::TCP);
    for (statements, error) in [
        (
            vec![tcp(), udp::dport().eq(53u16)],
            InvalidRule::ConflictingProtocols(Protocol::UDP, Protocol::TCP),
        ),
        (
            vec![meta::l4proto().eq(Protocol::ICMP), port::dport(Transport::Any).eq(53u16)],
            InvalidRule::NoPorts(Protocol::ICMP),
        ),
        (vec![Nat::Redirect(Some(53u16.into()), NatFlags::NONE).into()], InvalidRule::PortsWithoutProtocol),
        (
            vec![
                meta::l4proto().eq(Protocol::GRE),
                Nat::Dnat(NatTo::Ports(53u16.into()), NatFlags::NONE).into(),
            ],
            InvalidRule::NoPorts(Protocol::GRE),
        ),
        (vec![Verdict::Accept.into(), Statement::counter()], InvalidRule::AfterTheEnd),
        (vec![Reject::TcpReset.into(), Statement::Log(None)], InvalidRule::AfterTheEnd),
        (vec![Reject::TcpReset.into()], InvalidRule::ResetWithoutTcp),
        (
            vec![udp::dport().eq(53u16), Reject::TcpReset.into()],
            InvalidRule::ConflictingProtocols(Protocol::UDP, Protocol::TCP),
        ),
        (
            vec![meta::l4proto().one_of([Protocol::TCP, Protocol::UDP]).unwrap(), Reject::TcpReset.into()],
            InvalidRule::ConflictingProtocols(Protocol::UDP, Protocol::TCP),
        ),
        (vec![Maxseg::RouteMtu.into(), tcp()], InvalidRule::MatchBehindAction),
        (
            vec![
                meta::iifname()
                    .one_of([interface("eth0*"), interface("eth1")].into_iter().collect::<Interfaces>())
                    .unwrap(),
            ],
            InvalidRule::NeighbouringInterfaces(interface("eth0*"), interface("eth1")),
        ),
    ] {
        assert_eq!(Rule::new(Origin::IMPLIED, statements).unwrap_err(), error);
    }
}

#[test]
fn a_bucket_that_no_packet_gets_cannot_be_matched() {
    let hash = || select::jhash([Payload::TcpFlags], 4, 0).unwrap();
    assert!(hash().eq(3).is_some() && hash().eq(4).is_none());
    assert!(select::jhash([Payload::TcpFlags], 1, 0).is_none() && select::jhash([], 4, 0).is_none());
    assert!(select::numgen_inc(1).is_none());
}

#[test]
fn two_verdicts_for_one_value_are_no_map() {
    let ports = |a: u16, b: u16| tcp::dport().vmap([(a.into(), Verdict::Accept), (b.into(), Verdict::Drop)]);
    assert!(ports(80, 80).is_none());
    assert_eq!(text_of([ports(443, 80).unwrap()]), "counter tcp dport vmap { 80 : drop, 443 : accept }");
}

#[test]
fn remarks_do_not_end_their_line() {
    let state = crate::build::input([crate::build::rule_at(7, [Verdict::Accept.into()])]);
    let text = text::ruleset(&state, &|origin| (!origin.is_implied()).then(|| "edge.rsc:1\ndrop".to_owned()));
    assert_eq!(
        text,
        "table ip rosc {\n\
         \tchain filter_input {\n\
         \t\ttype filter hook input priority 0; policy accept;\n\
         \t\tcounter accept # edge.rsc:1 drop\n\
         \t}\n\
         }\n"
    );
}
