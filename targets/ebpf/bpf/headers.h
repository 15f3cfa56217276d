/* Headers of packets. */
#pragma once

#include "kernel.h"

/* IEEE 802.3. */
struct ethernet {
	__u8 destination[6];
	__u8 source[6];
	__be16 type;
} __attribute__((packed));
ASSERT_SIZE(struct ethernet, 14);

/* RFC 791, section 3.1. */
struct ipv4 {
	__u8 version_and_length;
	__u8 tos;
	__be16 total_length;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__be32 source;
	__be32 destination;
};
ASSERT_SIZE(struct ipv4, 20);

/* RFC 8200, section 3. */
struct ipv6 {
	__be32 version_class_label;
	__be16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	__be32 source[4];
	__be32 destination[4];
};
ASSERT_SIZE(struct ipv6, 40);

/* RFC 9293 and 768 begin alike. */
struct ports {
	__be16 source;
	__be16 destination;
};
/* RFC 9293, section 3.1: where the flags are. */
#define TCP_FLAGS_OFFSET 13
#define TCP_CHECKSUM_OFFSET 16
/* RFC 768. */
#define UDP_CHECKSUM_OFFSET 6

/* RFC 792 and 4443: an error begins with eight bytes, then the packet that it is about. */
struct icmp {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 rest;
};
ASSERT_SIZE(struct icmp, 8);

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd };
/* The version of IPv4, and five words of header: no options. */
#define IPV4_WITHOUT_OPTIONS 0x45
/* More fragments, or an offset (RFC 791). */
#define IPV4_FRAGMENT 0x3fff
/* The upper half of an IP header's first byte is its version. */
enum { VERSION_SHIFT = 4, VERSION_IPV4 = 4, VERSION_IPV6 = 6 };
enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMPV6 = 58, PROTOCOL_SCTP = 132 };
/* RFC 2003, 2473 and 4213, 2784: what carries packets. */
enum { PROTOCOL_IPIP = 4, PROTOCOL_IPV6 = 41, PROTOCOL_GRE = 47 };

/* RFC 2784, and 2890 for what may follow: a word for each of the first three. RFC 1701 has a routing field of any length. */
struct gre {
	__be16 flags;
	__be16 protocol;
};
ASSERT_SIZE(struct gre, 4);
enum { GRE_CHECKSUM = 0x8000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000, GRE_ROUTING = 0x4000, GRE_VERSION = 7 };
/* RFC 8200, section 4, RFC 4302, 4303, 6275, 7401, 5533: what may stand between the header and what it carries. */
enum {
	EXTENSION_HOP_BY_HOP = 0,
	EXTENSION_ROUTING = 43,
	EXTENSION_FRAGMENT = 44,
	EXTENSION_AUTHENTICATION = 51,
	EXTENSION_DESTINATION = 60,
	EXTENSION_MOBILITY = 135,
	EXTENSION_HIP = 139,
	EXTENSION_SHIM6 = 140,
};
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };
