/* The short cut in the driver, for what is remembered: the kernel is asked at traffic control, where the first packet of each second
 * comes by, and by which it hears of the neighbour, too. */
#pragma once

#include "remembered.h"
#include "xdp.h"

/* What the kernel's routes say of a packet, as it is behind a change of its destination: CONTINUE with the addresses of its next
 * frame, or why it can't be sent from here. */
INLINE int xdp_look_up(struct xdp_md *context, const struct port *port, const struct packet *packet,
		       const struct translation *to, struct bpf_fib_lookup *question)
{
	__u32 flags = 0;
	int asked = ask_by_member(port, packet, to, question, &flags);
	if (asked != CONTINUE)
		return asked;
	question->tot_len = packet->length;
	long found = bpf_fib_lookup(context, question, sizeof(*question), flags);
	if (found == FIB_NO_NEIGHBOUR)
		return STACK_UNRESOLVED;
	if (found != FIB_SUCCESS)
		return STACK_FIB;
	if (question->ifindex == context->ingress_ifindex)
		return STACK_SAME_DEVICE;
	__u32 ifindex = question->ifindex;
	return bpf_map_lookup_elem(&takers, &ifindex) ? CONTINUE : STACK_UNRESOLVED;
}

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
	__u32 change = bpf_csum_diff((void *)packet->key.ports, 4, (void *)to->ports, 4, addresses);
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

/* Sends a packet of a connection on the short cut; CONTINUE where nothing is remembered of it, otherwise why it is sent from
 * elsewhere. */
INLINE int xdp_by_connection(struct xdp_md *context, const struct port *port, const struct packet *packet, int *verdict)
{
	struct translation to = {};
	if (!may_be_short(port, packet) || begins_or_ends(packet) || !recall_translation(packet, &to))
		return CONTINUE;
	struct bpf_fib_lookup answer = translated_question(packet, &to, context->ingress_ifindex);
	int found = xdp_look_up(context, port, packet, &to, &answer);
	if (found != CONTINUE)
		return found;
	/* A masqueraded connection ends where its packets would leave by another device. */
	if (to.ifindex && to.ifindex != answer.ifindex)
		return STACK_FIB;
	if (!xdp_translate(context, packet, &to) || !xdp_rewrite(context, packet, answer.dmac, answer.smac))
		return STACK_SHORT;
	*verdict = bpf_redirect_map(&takers, answer.ifindex, 0);
	return FORWARDED_BY_CONNECTION;
}
