/* All that is decided about a packet in the driver. */
#pragma once

#include "xdp.h"
#ifdef KNOWS_CONNECTIONS
#include "xdp_connection.h"
#endif

INLINE int xdp_forward(struct xdp_md *context, struct packet *packet, int *verdict)
{
	void *data = (void *)(long)context->data, *data_end = (void *)(long)context->data_end;
	__u32 ifindex = context->ingress_ifindex;
	struct port port;
	if (!find_port(ifindex, &port))
		return STACK_WAY;
	int parsed = xdp_parse(data, data_end, &port, packet);
	if (parsed != CONTINUE)
		return parsed;
#ifdef KNOWS_CONNECTIONS
	int sent = xdp_by_connection(context, &port, packet, verdict);
	if (sent != CONTINUE)
		return sent;
#endif
	if (!(port.flags & PORT_ROUTES) || is_to_be_marked(&port, packet))
		return STACK_RULES;
	__u32 way;
	int found = find_forwarder(packet, &way);
	if (found != CONTINUE)
		return found;
	/* Not every device takes frames that a driver hands to it, and what is handed to another is lost: only of members it is
	 * known before. */
	if (way == WAY_FIB)
		return STACK_FIB;
	return xdp_by_group(context, packet, way, verdict);
}
