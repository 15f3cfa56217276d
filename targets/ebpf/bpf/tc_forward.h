/* All that is decided about a packet at traffic control. */
#pragma once

#include "tc.h"
#ifdef KNOWS_CONNECTIONS
#include "tc_connection.h"
#endif

/* Decides about a packet by its destination. */
INLINE int tc_by_way(struct __sk_buff *skb, const struct port *port, const struct packet *packet, int *verdict)
{
	int is_marked = is_to_be_marked(port, packet);
	if (!is_marked && !(port->flags & PORT_ROUTES))
		return STACK_RULES;
	__u32 way, place;
	int found = find_forwarder(packet, &way);
	if (found != CONTINUE)
		return found;
	if (way == WAY_FIB)
		return is_marked ? STACK_RULES : tc_by_fib(skb, packet, verdict);
	struct member *member = find(way, packet, &place);
	if (!member)
		return STACK_NO_MEMBER;
	return is_marked ? tc_mark(skb, packet, member, place) : tc_to_member(skb, packet, member, place, verdict);
}

/* Decides about a packet: why the stack gets it, or that it has left. */
INLINE int tc_forward(struct __sk_buff *skb, struct packet *packet, int *verdict)
{
	__u32 ifindex = skb->ifindex;
	struct port port;
	if (!find_port(ifindex, &port))
		return STACK_WAY;
	if (skb->vlan_present ||
	    (skb->protocol != htons(ETHERTYPE_IPV4) && skb->protocol != htons(ETHERTYPE_IPV6)))
		return STACK_OTHER_PROTOCOL;
	if (skb->pkt_type != PACKET_HOST)
		return STACK_OTHER_HOST;
	if (skb->mark)
		return STACK_MARKED;
	packet->offset = header_length(&port);
	int parsed = tc_parse(skb, packet);
	if (parsed == STACK_SHORT && skb->data_end - skb->data < LOOKED_AT && skb->len > skb->data_end - skb->data) {
		/* The rest of it lies elsewhere. */
		bpf_skb_pull_data(skb, skb->len < LOOKED_AT ? skb->len : LOOKED_AT);
		parsed = tc_parse(skb, packet);
	}
	if (parsed != CONTINUE)
		return parsed;
	int sent = CONTINUE;
#ifdef KNOWS_CONNECTIONS
	sent = tc_by_connection(skb, &port, packet, verdict);
	/* What of a connection needs the stack may still be marked for it. */
	if (sent == FORWARDED_BY_CONNECTION || (sent != CONTINUE && !is_to_be_marked(&port, packet)))
		return sent;
	/* The verifier would follow each reason through all that is behind. */
	FORGET_VALUE(sent, skb->len);
#endif
	int decided = tc_by_way(skb, &port, packet, verdict);
	return sent == CONTINUE || decided == STACK_MARKED_FOR_GROUP ? decided : sent;
}
