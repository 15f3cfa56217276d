/* Look-ups that mostly end in one array. */
#pragma once

#include "maps.h"

INLINE const struct digest *find_digest(void)
{
	__u32 first = 0;
	return bpf_map_lookup_elem(&digests, &first);
}

/* Reads what is known of a device. Returns whether it is a port. Of the digest, which may be written meanwhile, it is one load: a
 * port that is there in part is none's. */
INLINE int find_port(__u32 ifindex, struct port *port)
{
	const struct digest *digest = find_digest();
	const void *found;
	if (digest && digest->ports[ifindex % DIGEST_PORTS].ifindex == ifindex)
		found = &digest->ports[ifindex % DIGEST_PORTS].port;
	else
		found = bpf_map_lookup_elem(&ports, &ifindex);
	if (!found)
		return 0;
	__u64 raw = *(const volatile __u64 *)found;
	__builtin_memcpy(port, &raw, sizeof(raw));
	return 1;
}

/* Where destinations of IPv4 stand: by their upper 12 bits. */
INLINE __u32 place_of_way4(__be32 destination)
{
	return __builtin_bswap32(destination) >> 20;
}

/* Of IPv6 by their upper 4 bits, and a hash of the upper 32. */
INLINE __u32 place_of_way6(const __be32 *destination)
{
	__u32 upper = __builtin_bswap32(destination[0]);
	__u32 place = (upper >> 28 << 8) | (upper * DIGEST_FACTOR) >> 24;
	/* The verifier of Linux 6.1 does not know how small it is. */
	FORGET(place);
	return place & (DIGEST_WAYS - 1);
}

/* Whether an address of IPv4 is none of the router's for sure. */
INLINE int is_foreign4(__be32 address)
{
	const struct digest *digest = find_digest();
	__u32 place = (__builtin_bswap32(address) * DIGEST_FACTOR) >> 20;
	return digest && (digest->foreign4[place / 64] >> (place % 64) & 1);
}
