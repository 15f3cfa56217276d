/* The fast path in the driver: the packet is bytes, and neighbours have to be known. */
#pragma once

#include "count.h"
#include "reach.h"
#include "rewrite.h"
#include "select.h"
#include "way.h"

INLINE int is_for(const struct ethernet *ethernet, const struct port *port)
{
	return *(const __u32 *)ethernet->destination == *(const __u32 *)port->mac &&
	       *(const __u16 *)(ethernet->destination + 4) == *(const __u16 *)(port->mac + 4);
}

INLINE int xdp_parse(void *data, void *data_end, const struct port *port, struct packet *packet)
{
	struct ethernet *ethernet = data;
	if ((void *)(ethernet + 1) > data_end)
		return STACK_SHORT;
	if (!is_for(ethernet, port))
		return STACK_OTHER_HOST;
	packet->offset = sizeof(*ethernet);
	if (ethernet->type == htons(ETHERTYPE_IPV4))
		return parse4(data, data_end, data_end - data, packet);
	if (ethernet->type == htons(ETHERTYPE_IPV6))
		return parse6(data, data_end, data_end - data, packet);
	return STACK_OTHER_PROTOCOL;
}

/* Writes the frame's new header, with one hop less behind it. */
INLINE int xdp_rewrite(struct xdp_md *context, const struct packet *packet, const __u8 *destination,
		       const __u8 *source)
{
	void *data = (void *)(long)context->data, *data_end = (void *)(long)context->data_end;
	struct ethernet *ethernet = data;
	if (packet->key.family == AF_INET) {
		struct ipv4 *ip = (void *)(ethernet + 1);
		if ((void *)(ip + 1) > data_end)
			return 0;
		take_hop4(ip);
		ethernet->type = htons(ETHERTYPE_IPV4);
	} else {
		struct ipv6 *ip = (void *)(ethernet + 1);
		if ((void *)(ip + 1) > data_end)
			return 0;
		ip->hop_limit--;
		ethernet->type = htons(ETHERTYPE_IPV6);
	}
	__builtin_memcpy(ethernet->destination, destination, 6);
	__builtin_memcpy(ethernet->source, source, 6);
	return 1;
}

INLINE int xdp_by_group(struct xdp_md *context, const struct packet *packet, __u32 way, int *verdict)
{
	struct member *member;
	__u32 place;
	int found = find_outlet(way, packet, context->ingress_ifindex, &member, &place);
	if (found != CONTINUE)
		return found;
	__u32 reach = know_reach(context, packet->key.family, packet->destination, member);
	if (!(member->flags & MEMBER_RESOLVED) || reach & REACH_NOT_KEPT_UP)
		return STACK_UNRESOLVED;
	if (reach & REACH_DOWN)
		return STACK_LINK_DOWN;
	if (packet->length > member->mtu)
		return STACK_MTU;
	if (!xdp_rewrite(context, packet, member->destination, member->source))
		return STACK_SHORT;
	count(&member_counts, place, packet->length);
	*verdict = bpf_redirect_map(&devices, place, 0);
	return FORWARDED_BY_GROUP;
}
