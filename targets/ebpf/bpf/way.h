/* From a packet's destination to who decides about it. */
#pragma once

#include "digest.h"
#include "maps.h"
#include "parse.h"

/* Whether a packet says to be from the router itself. Of IPv6 the kernel forwards these too (ip6_forward). */
INLINE int is_from_router(const struct packet *packet)
{
	return packet->key.family == AF_INET && !is_foreign4(packet->source[0]) &&
	       bpf_map_lookup_elem(&own4, &packet->source[0]);
}

/* WAY_...: what the longest prefix of the destination says; the stack's without one. */
INLINE __u32 find_way(__u8 family, const __be32 *destination)
{
	const struct digest *digest = find_digest();
	__u32 *way, of_all = 0;
	if (digest)
		of_all = family == AF_INET ? digest->ways4[place_of_way4(destination[0])] :
					     digest->ways6[place_of_way6(destination)];
	if (of_all)
		return of_all - 1;
	if (family == AF_INET) {
		struct ways4_key key = { .prefix_len = 32, .address = destination[0] };
		way = bpf_map_lookup_elem(&ways4, &key);
	} else {
		struct ways6_key key = { .prefix_len = 128 };
		__builtin_memcpy(key.address, destination, 16);
		way = bpf_map_lookup_elem(&ways6, &key);
	}
	return way ? *way : WAY_STACK;
}

/* Who forwards a packet, WAY_FIB or a group; otherwise why the stack gets it. */
INLINE int find_forwarder(const struct packet *packet, __u32 *way)
{
	*way = find_way(packet->key.family, packet->destination);
	if (*way == WAY_STACK || *way == WAY_OWN)
		return STACK_WAY;
	return is_from_router(packet) ? STACK_INVALID : CONTINUE;
}

/* Whether packets like this one, which came in by the port, are marked and not forwarded. */
INLINE int is_to_be_marked(const struct port *port, const struct packet *packet)
{
	return port->flags & (packet->key.family == AF_INET ? PORT_MARKS4 : PORT_MARKS6);
}

/* What the kernel's own look-up takes: the packet as it came. */
INLINE struct bpf_fib_lookup fib_question(const struct packet *packet, __u32 ifindex)
{
	struct bpf_fib_lookup question = {
		.family = packet->key.family,
		.l4_protocol = packet->protocol,
		.sport = packet->key.ports[0],
		.dport = packet->key.ports[1],
		.ifindex = ifindex,
		.flowinfo = packet->flowinfo,
	};
	__builtin_memcpy(question.src, packet->source, 16);
	__builtin_memcpy(question.dst, packet->destination, 16);
	return question;
}
