/* What is inside of tunnels, for groups that share by that. One tunnel is looked into: all packets of a connection inside of
 * a second one have the same ends there, too. What is carried in another way (in Ethernet frames, PPP or MPLS, or
 * encrypted) goes by the tunnel's own ends, as do parts of datagrams, and errors, which need not hold what was inside. */
#pragma once

#include "hash.h"

INLINE int is_tunnel(__u8 protocol)
{
	return protocol == PROTOCOL_IPIP || protocol == PROTOCOL_IPV6 || protocol == PROTOCOL_GRE;
}

/* The length of GRE's header; 0 for one that is not looked behind. */
INLINE __u32 gre_length(__u16 flags)
{
	if (flags & (GRE_ROUTING | GRE_VERSION))
		return 0;
	__u32 words = 1 + !!(flags & GRE_CHECKSUM) + !!(flags & GRE_KEY) + !!(flags & GRE_SEQUENCE);
	/* The verifier of Linux 6.1 does not know how few they are, and later ones would follow each number of them. */
	FORGET_VALUE(words, flags);
	return (words & 7) * 4;
}

/* Reads the ends of the packet that another one carries. `left` is how many bytes that one says to have from here on. Returns 0
 * where it has them, but not here. */
INLINE int parse_tunnel(void *data_end, void *start, __u32 left, __u8 protocol, struct flow_key *inner)
{
	__be16 type = protocol == PROTOCOL_IPIP ? htons(ETHERTYPE_IPV4) : htons(ETHERTYPE_IPV6);
	__u32 length = 0;
	if (protocol == PROTOCOL_GRE) {
		struct gre *gre = start;
		if (left < sizeof(*gre))
			return 1;
		if ((void *)(gre + 1) > data_end)
			return 0;
		length = gre_length(ntohs(gre->flags));
		if (!length)
			return 1;
		type = gre->protocol;
	}
	struct ipv4 *ip4 = start + length;
	struct ipv6 *ip6 = start + length;
	if (type == htons(ETHERTYPE_IPV4) && left >= length + sizeof(*ip4)) {
		if ((void *)(ip4 + 1) > data_end)
			return 0;
		if (ip4->version_and_length >> VERSION_SHIFT != VERSION_IPV4)
			return 1;
		inner->family = AF_INET;
		inner->source[0] = ip4->source;
		inner->destination[0] = ip4->destination;
	}
	if (type == htons(ETHERTYPE_IPV6) && left >= length + sizeof(*ip6)) {
		if ((void *)(ip6 + 1) > data_end)
			return 0;
		if (*(__u8 *)ip6 >> VERSION_SHIFT != VERSION_IPV6)
			return 1;
		inner->family = AF_INET6;
		__builtin_memcpy(inner->source, ip6->source, 16);
		__builtin_memcpy(inner->destination, ip6->destination, 16);
	}
	return 1;
}
