/* What changes in a packet that is forwarded. */
#pragma once

#include "headers.h"

/* RFC 1624: the sum of words that come and of the complements of those that go. */
INLINE __u64 add_change(__u64 sum, __u32 before, __u32 behind)
{
	return sum + (__u32)~before + behind;
}

/* The same in 32 bits. */
INLINE __u32 fold_change(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	return sum + (sum >> 32);
}

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
