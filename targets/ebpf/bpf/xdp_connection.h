/* The short cut in the driver, for what is remembered: the kernel is asked at traffic control, where the first packet of each second
 * comes by, and by which it hears of the neighbour, too. */
#pragma once

#include "remembered.h"
#include "xdp.h"

/* Changes ports, and the checksum that both ends are a part of. Returns whether they are there. */
INLINE int xdp_translate_ports(void *transport, void *data_end, const struct packet *packet,
			       const struct translation *to, __u32 change)
{
	struct ports *ports = transport;
	int is_tcp = packet->protocol == PROTOCOL_TCP;
	__u16 *checksum = transport + (is_tcp ? TCP_CHECKSUM_OFFSET : UDP_CHECKSUM_OFFSET);
	if ((void *)(checksum + 1) > data_end)
		return 0;
	if (is_tcp) {
		*checksum = apply_change(*checksum, change);
	} else if (*checksum) {
		/* A datagram without one stays without, and one that comes out as 0 is written the other way (RFC 768). */
		__u16 changed = apply_change(*checksum, change);
		*checksum = changed ? changed : 0xffff;
	}
	ports = transport;
	if ((void *)(ports + 1) > data_end)
		return 0;
	ports->source = to->ports[0];
	ports->destination = to->ports[1];
	return 1;
}

/* Changes a packet's ends, all checksums with them. Returns whether all headers are there; if not nothing is changed. */
INLINE int xdp_translate(struct xdp_md *context, const struct packet *packet, const struct translation *to)
{
	void *data = (void *)(long)context->data, *data_end = (void *)(long)context->data_end;
	__u32 addresses = change_of_addresses(packet, to);
	__u32 change = fold_change((__u64)addresses + change_of_ports(packet, to));
	if (packet->key.family == AF_INET) {
		struct ipv4 *ip = data + sizeof(struct ethernet);
		if ((void *)(ip + 1) > data_end || !xdp_translate_ports(ip + 1, data_end, packet, to, change))
			return 0;
		ip->checksum = apply_change(ip->checksum, addresses);
		ip->source = to->source[0];
		ip->destination = to->destination[0];
		return 1;
	}
	struct ipv6 *ip = data + sizeof(struct ethernet);
	if ((void *)(ip + 1) > data_end || !xdp_translate_ports(ip + 1, data_end, packet, to, change))
		return 0;
	__builtin_memcpy(ip->source, to->source, 16);
	__builtin_memcpy(ip->destination, to->destination, 16);
	return 1;
}

/* Changes a packet, and the header of its frame. Returns whether all headers are there. */
INLINE int xdp_translate_frame(struct xdp_md *context, const struct packet *packet, const struct translation *to,
			       const __u8 *destination, const __u8 *source)
{
	return xdp_translate(context, packet, to) && xdp_rewrite(context, packet, destination, source);
}

/* Sends a packet to the only neighbour of its member's table, which the member's record names. */
INLINE int xdp_to_member(struct xdp_md *context, const struct packet *packet, const struct translation *to,
			 struct member *member, __u32 place, int *verdict)
{
	if (member->ifindex == context->ingress_ifindex)
		return STACK_SAME_DEVICE;
	__u32 reach = know_reach(context, packet->key.family, to->destination, member);
	if (reach)
		return reach & REACH_DOWN ? STACK_LINK_DOWN : STACK_UNRESOLVED;
	if (packet->length > member->mtu)
		return STACK_MTU;
	if (leaves_elsewhere(to, member->ifindex))
		return STACK_FIB;
	if (!xdp_translate_frame(context, packet, to, member->destination, member->source))
		return STACK_SHORT;
	*verdict = bpf_redirect_map(&devices, place, 0);
	return FORWARDED_BY_CONNECTION;
}

/* Sends a packet as the kernel's routes have it behind a change of its destination: those of the member's table, if it has a
 * member. */
INLINE int xdp_by_fib(struct xdp_md *context, const struct packet *packet, const struct translation *to,
		      const struct member *member, int *verdict)
{
	struct bpf_fib_lookup answer = translated_question(packet, to, context->ingress_ifindex);
	answer.tot_len = packet->length;
	__u32 flags = 0;
	if (member) {
		answer.tbid = member->table;
		flags = FIB_LOOKUP_DIRECT | FIB_LOOKUP_TBID;
	}
	long found = bpf_fib_lookup(context, &answer, sizeof(answer), flags);
	if (found == FIB_NO_NEIGHBOUR)
		return STACK_UNRESOLVED;
	if (found != FIB_SUCCESS || leaves_elsewhere(to, answer.ifindex))
		return STACK_FIB;
	if (answer.ifindex == context->ingress_ifindex)
		return STACK_SAME_DEVICE;
	__u32 ifindex = answer.ifindex;
	if (!bpf_map_lookup_elem(&takers, &ifindex) || !is_kept_up())
		return STACK_UNRESOLVED;
	if (!xdp_translate_frame(context, packet, to, answer.dmac, answer.smac))
		return STACK_SHORT;
	*verdict = bpf_redirect_map(&takers, ifindex, 0);
	return FORWARDED_BY_CONNECTION;
}

/* Sends a packet of a connection on the short cut; CONTINUE where nothing is remembered of it, otherwise why it is sent from
 * elsewhere. */
INLINE int xdp_by_connection(struct xdp_md *context, const struct port *port, const struct packet *packet, int *verdict)
{
	struct translation to = {};
	if (!may_be_short(port, packet) || begins_or_ends(packet) || !recall_translation(packet, &to))
		return CONTINUE;
	struct member *member = 0;
	if (goes_by_member(port, packet, &to)) {
		__u32 place;
		member = find_named(to.member, &place);
		if (!member)
			return STACK_NO_MEMBER;
		if (member->flags & MEMBER_RESOLVED)
			return xdp_to_member(context, packet, &to, member, place, verdict);
	}
	return xdp_by_fib(context, packet, &to, member, verdict);
}
