//! What nft lists for each of several ways to write one rule: the reader gives all of them one form.

use crate::kernel::{nft, observe};
use rosc_nftables::Family;
use rosc_target::netns;

/// One canonical rule and other ways to write it, in nft's language, for `table ip`.
const CASES: &[(&str, &[&str])] = &[
    // A protocol match that a later match on the protocol's header implies.
    (
        "tcp dport 80",
        &["meta l4proto tcp tcp dport 80", "ip protocol 6 tcp dport 80", "meta l4proto 6 th dport 80"],
    ),
    ("udp sport 1 udp dport 2", &["udp dport 2 udp sport 1", "meta l4proto 17 th dport 2 th sport 1"]),
    ("meta l4proto { tcp, udp } th sport 1 th dport 2", &["meta l4proto { 17, 6 } th dport 2 th sport 1"]),
    ("meta l4proto tcp ip ttl 5", &["ip ttl 5 meta l4proto 6"]),
    ("meta l4proto tcp tcp option maxseg size == 1400", &["tcp option maxseg size 1400"]),
    ("ip protocol tcp", &["ip protocol 6"]),
    // Header fields that nft merges into one comparison and lists by their place in the header.
    ("ip saddr 192.0.2.1 ip daddr 192.0.2.2", &["ip daddr 192.0.2.2 ip saddr 192.0.2.1"]),
    ("ip protocol 47 ip ttl 64", &["ip ttl 64 ip protocol gre"]),
    // Sets: sorted, merged, and no set at all around a single value.
    (
        "ip saddr 192.0.2.1",
        &["ip saddr { 192.0.2.1 }", "ip saddr 192.0.2.1/32", "ip saddr 192.0.2.1-192.0.2.1"],
    ),
    ("ip saddr 192.0.2.0/31", &["ip saddr { 192.0.2.1, 192.0.2.0 }", "ip saddr 192.0.2.0-192.0.2.1"]),
    ("ip saddr 192.0.2.0/24", &["ip saddr 192.0.2.77/24", "ip saddr { 192.0.2.128/25, 192.0.2.0/25 }"]),
    ("tcp dport { 80-82, 443 }", &["tcp dport { 443, 82, 80-81 }", "tcp dport { 80, 81, 82, 443 }"]),
    ("iifname { \"lan1\", \"wan\" }", &["iifname { \"wan\", \"lan1\" }"]),
    // Comparisons that are intervals.
    ("tcp dport 1024-65535", &["tcp dport >= 1024", "tcp dport > 1023"]),
    ("ip ttl 0-4", &["ip ttl < 5", "ip ttl <= 4"]),
    // Sets of bits, in the order of the bits.
    ("ct state established,related", &["ct state related,established", "ct state 6"]),
    ("ct state ! invalid,new", &["ct state & (new | invalid) == 0"]),
    ("ct status dnat", &["ct status 0x20"]),
    ("tcp flags syn", &["tcp flags & syn == syn", "tcp flags & syn != 0"]),
    ("tcp flags & (syn | ack) == syn", &["tcp flags syn / syn,ack", "tcp flags & (ack | syn) == 2"]),
    ("tcp flags == 0x12", &["tcp flags & 0xff == (syn | ack)"]),
    // Numbers that have names in other lists, for which the fields before them do not matter.
    (
        "icmp type 8",
        &["icmp type echo-request", "meta l4proto icmp icmp type 8", "ip protocol 1 icmp type 8"],
    ),
    ("icmp type 3 icmp code 0", &["icmp code net-unreachable icmp type destination-unreachable"]),
    ("icmp code 0-255", &["icmp code >= 0"]),
    ("meta priority 1:10", &["meta priority 0x10010"]),
    ("meta priority { 0:0-0:5, 1:0, ffff:ffff }", &["meta priority { root, 1:0, 0-5 }"]),
    ("ct bytes 500-18446744073709551615", &["ct bytes >= 500", "ct bytes > 499"]),
    ("ct bytes 0-9223372036854775807", &["ct bytes < 9223372036854775808"]),
    (
        "ether saddr 00:00:5e:00:53:01",
        &["ether saddr 0:0:5E:0:53:1", "meta iiftype ether ether saddr 00:00:5e:00:53:01"],
    ),
    ("ether saddr 00:00:5e:00:53:00-00:00:5e:00:53:ff", &["ether saddr 00:00:5e:00:53:00/40"]),
    // Times, in UTC.
    ("meta hour 28800-36001", &["meta hour \"08:00\"-\"10:00:01\"", "meta hour \"08:00:00\"-\"10:00:01\""]),
    ("meta hour 0-3599", &["meta hour < \"01:00\""]),
    ("meta day { 1, 2, 6 }", &["meta day { \"Saturday\", \"Monday\", \"Tuesday\" }", "meta day { 1-2, 6 }"]),
    // What is there or not.
    ("meta ipsec exists", &["meta ipsec 1", "meta ipsec != missing", "meta secpath exists"]),
    ("ip option lsrr exists", &["ip option lsrr 1", "ip option lsrr != missing"]),
    ("ip option ra missing", &["ip option ra 0"]),
    ("rt ipsec missing", &["rt ipsec 0", "rt ipsec != exists"]),
    ("ip frag-off & 0x00001fff != 0", &["ip frag-off & 8191 != 0"]),
    // Masks.
    ("ct mark 0x00000001", &["ct mark & 0xffffffff == 1"]),
    ("ct mark & 0xffff0000 == 0x00010000", &["ct mark 0x10000/16"]),
    ("meta mark set meta mark & 0xffff0001 | 0x00000001", &["meta mark set meta mark & 0xffff0000 | 1"]),
    ("meta mark set meta mark | 0x0000ffff", &["meta mark set meta mark & 0xffff0000 | 0xffff"]),
    ("meta mark set 0x00000007", &["meta mark set meta mark & 0 | 7"]),
    ("ct mark set meta mark & 0x0000ffff", &["ct mark set mark and 0xffff"]),
    // Enumerations by name or number.
    ("meta l4proto 47", &["meta l4proto gre"]),
    ("meta l4proto icmpv6", &["meta l4proto 58", "meta l4proto ipv6-icmp"]),
    ("ip dscp ef", &["ip dscp 46", "ip dscp 0x2e"]),
    ("ip dscp { 1, 44 }", &["ip dscp { lephb, va }"]),
    ("fib daddr type { local, broadcast }", &["fib daddr type { 3, 2 }", "fib daddr type 2-3"]),
    ("ct direction reply", &["ct direction 1"]),
    // Hashes and number generators.
    (
        "jhash ip saddr . ip daddr mod 4 seed 0x1 == 2",
        &["jhash ip saddr . ip daddr mod 4 seed 0x1 offset 0 2"],
    ),
    ("numgen inc mod 3 == 0", &["numgen inc mod 3 offset 0 0"]),
    ("numgen random mod 100 == 0-29", &["numgen random mod 100 < 30"]),
    // Limits.
    (
        "limit rate 10/second burst 5 packets",
        &["limit rate 10/second", "limit rate 10/second burst 5 packets"],
    ),
    ("limit rate over 1/week burst 1 packets", &["limit rate over 1/week burst 1 packets"]),
    (
        "limit rate 2048 bytes/minute burst 0 bytes",
        &["limit rate 2 kbytes/minute", "limit rate 2048 bytes/minute burst 0 bytes"],
    ),
    ("limit rate 1048576 bytes/second burst 1536 bytes", &["limit rate 1 mbytes/second burst 1536 bytes"]),
    // Statements that fill sets.
    ("add @d_list { ip saddr timeout 3600s }", &["add @d_list { ip saddr timeout 1h }"]),
    ("add @d_list { ip saddr & 255.255.255.0 }", &["add @d_list { ip saddr & 0xffffff00 }"]),
    (
        "update @d_list { ip saddr limit rate 2/second burst 5 packets }",
        &["update @d_list { ip saddr limit rate 2/second }"],
    ),
    (
        "tcp dport 80 add @d_meter { ip daddr . tcp dport ct count over 3 }",
        &["meta l4proto tcp tcp dport 80 add @d_meter { ip daddr . th dport ct count over 3 }"],
    ),
    (
        "add @d_meter { ip daddr . tcp dport ct count over 3 }",
        &["meta l4proto tcp add @d_meter { ip daddr . th dport ct count over 3 }"],
    ),
    // But a limit sees only what the match before it lets pass.
    (
        "meta l4proto tcp limit rate 1/day burst 5 packets add @d_meter { ip daddr . tcp dport ct count over 3 }",
        &[],
    ),
    ("limit rate 1/day burst 5 packets add @d_meter { ip daddr . tcp dport ct count over 3 }", &[]),
    ("ct helper set \"h_ftp\"", &[]),
    // Options without a value, and what a rule has counted.
    ("log", &["log level warn"]),
    // Answers, and fields that are set.
    ("counter reject with icmp port-unreachable", &["counter reject", "counter reject with icmp 3"]),
    ("counter reject with icmp admin-prohibited", &["counter reject with icmp 13"]),
    ("meta l4proto tcp counter reject with tcp reset", &["counter reject with tcp reset"]),
    ("ip dscp set ef", &["ip dscp set 46"]),
    ("meta priority set 1:10", &["meta priority set 0x10010"]),
    ("ip frag-off set ip frag-off & 0xbfff", &["@nh,48,16 set @nh,48,16 & 0xbfff"]),
    ("counter accept", &["counter packets 5 bytes 300 accept"]),
    ("ct mark vmap { 0x00000001-0x00000003 : accept }", &["ct mark vmap { 2-3 : accept, 1 : accept }"]),
];

#[test]
fn all_ways_to_write_a_rule_read_back_as_one() {
    let Some(namespace) = netns::for_test() else { return };
    let mut script = String::from(
        "table ip rosc {\nset d_list {\ntype ipv4_addr; flags dynamic,timeout;\n}
        ct helper h_ftp {\ntype \"ftp\" protocol tcp;\n}
        set d_meter {\ntype ipv4_addr . inet_service; flags dynamic;\n}
        chain c_forward {\ntype filter hook forward priority 0;\n",
    );
    let mut canonical = Vec::new();
    for (form, others) in CASES {
        for written in std::iter::once(form).chain(*others) {
            script.push_str(written);
            script.push('\n');
            canonical.push(*form);
        }
    }
    script.push_str("}\n}\n");
    nft(&namespace, &["-f", "-"], &script);
    let observed = observe(&namespace);
    let rules = observed.state.tables[&Family::Ip].chains.values().flat_map(|chain| &chain.rules);
    let found: Vec<String> = rules.map(|rule| rule.to_string().replace(" packets 5 bytes 300", "")).collect();
    assert_eq!(found, canonical);
}

#[test]
fn nat_reads_back_as_one_form() {
    let cases: &[(&str, &[&str])] = &[
        ("meta l4proto tcp snat to 192.0.2.1:80", &["meta l4proto tcp snat to 192.0.2.1-192.0.2.1:80-80"]),
        ("snat to 192.0.2.0/24", &["snat to 192.0.2.0-192.0.2.255"]),
        ("snat prefix to 192.0.2.0/24", &["snat prefix to 192.0.2.9/24"]),
        ("masquerade random,persistent", &["masquerade persistent,random"]),
    ];
    let Some(namespace) = netns::for_test() else { return };
    let rules = cases.iter().flat_map(|(form, others)| std::iter::once(form).chain(*others));
    let rules: Vec<&str> = rules.copied().collect();
    let script = format!(
        "table ip rosc {{\nchain c {{\ntype nat hook postrouting priority 100;\n{}\n}}\n}}\n",
        rules.join("\n")
    );
    nft(&namespace, &["-f", "-"], &script);
    let observed = observe(&namespace);
    let found = observed.state.tables[&Family::Ip].chains.values().flat_map(|chain| &chain.rules);
    let canonical = cases.iter().flat_map(|(form, others)| std::iter::repeat_n(*form, 1 + others.len()));
    assert_eq!(found.map(ToString::to_string).collect::<Vec<_>>(), canonical.collect::<Vec<_>>());
}
