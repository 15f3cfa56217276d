/* What changes in a packet that is forwarded. */
#pragma once

#include "headers.h"

/* RFC 1624 for one hop less: the byte that the sum falls by is the upper one of its word. */
INLINE void take_hop4(struct ipv4 *ip)
{
	__u32 sum = ip->checksum;
	sum += htons(0x0100);
	ip->checksum = (__u16)(sum + (sum >= 0xffff));
	ip->ttl--;
}
