/* All that is decided about a packet at traffic control. */
#pragma once

#include "tc.h"
#ifdef KNOWS_CONNECTIONS
#include "tc_connection.h"
#endif

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
#ifdef KNOWS_CONNECTIONS
	int sent = tc_by_connection(skb, &port, packet, verdict);
	if (sent != CONTINUE)
		return sent;
#endif
	if (is_to_be_marked(&port, packet))
		return tc_mark(skb, packet);
	if (!(port.flags & PORT_ROUTES))
		return STACK_RULES;
	__u32 way;
	int found = find_forwarder(packet, &way);
	if (found != CONTINUE)
		return found;
	if (way == WAY_FIB)
		return tc_by_fib(skb, packet, verdict);
	return tc_by_group(skb, packet, way, verdict);
}
