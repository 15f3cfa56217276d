/* What changes in a packet that is forwarded. */
#pragma once

#include "headers.h"

/* RFC 1624: a checksum behind a change, which is a sum of words that came and of the complements of those that went. */
INLINE __u16 apply_change(__u16 checksum, __u32 change)
{
	__u64 sum = (__u64)(__u16)~checksum + change;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* RFC 1624 for one hop less: the byte that the sum falls by is the upper one of its word. */
INLINE void take_hop4(struct ipv4 *ip)
{
	__u32 sum = ip->checksum;
	sum += htons(0x0100);
	ip->checksum = (__u16)(sum + (sum >= 0xffff));
	ip->ttl--;
}
