/* Connections on the short cut: their packets meet no rule. What they are translated to, the kernel's entry says; it stays
 * the authority, and so is everything that reads it true. */
#pragma once

#include "conntrack.h"
#include "maps.h"
#include "parse.h"
#include "rewrite.h"
#include "select.h"

/* How a packet leaves. */
struct translation {
	__be32 source[4];
	__be32 destination[4];
	__be16 ports[2];
	/* The only device that it may leave by; 0 for any. */
	__u32 ifindex;
	/* The member that its connection stays with, told as layout.h says; 0 where it goes by the kernel's routes. */
	__u32 member;
};

/* Whether a packet may be of a connection that is. */
INLINE int may_be_short(const struct port *port, const struct packet *packet)
{
	if (!(port->flags & (packet->key.family == AF_INET ? PORT_CONNECTIONS4 : PORT_CONNECTIONS6)))
		return 0;
	/* Parts of datagrams have no ports here. */
	return packet->protocol == PROTOCOL_TCP || (packet->protocol == PROTOCOL_UDP && packet->key.ports[1]);
}

/* Whether it begins or ends one, which the kernel has to see. */
INLINE int begins_or_ends(const struct packet *packet)
{
	return packet->protocol == PROTOCOL_TCP && (packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

/* Whether a connection is on it: rules have put it there, and it carries data in both directions. */
INLINE int is_short(const struct nf_conn *connection, const struct packet *packet)
{
	__u64 status = connection->status;
	if (!(connection->mark & CONNECTION_SHORT) || !(status & IPS_CONFIRMED) || !(status & IPS_SEEN_REPLY) ||
	    (status & (IPS_SEQ_ADJUST | IPS_DYING | IPS_NAT_CLASH)))
		return 0;
	return packet->protocol != PROTOCOL_TCP || connection->proto.tcp.state == TCP_CONNTRACK_ESTABLISHED;
}

/* Where the other direction's answers are sent to, there its packets come from. */
#define TRANSLATE(to, tuple)                                                            \
	do {                                                                            \
		__builtin_memcpy((to)->source, (tuple)->dst.u3.ip6, 16);                \
		__builtin_memcpy((to)->destination, (tuple)->src.u3.ip6, 16);           \
		(to)->ports[0] = (tuple)->dst.u.all;                                    \
		(to)->ports[1] = (tuple)->src.u.all;                                    \
	} while (0)

/* Reads what other parts of the kernel have hung onto a connection. Returns whether it may be on the short cut: one that a
 * helper looks into may not. */
INLINE int read_extensions(const struct nf_conn *connection, __u8 direction, struct translation *to)
{
	__u64 status = connection->status;
	int is_masqueraded = direction == DIRECTION_ORIGINAL && (status & IPS_SRC_NAT);
	/* They lie elsewhere in memory. What was expected may have a helper without that bit. */
	if (!is_masqueraded && !(status & (IPS_HELPER | IPS_EXPECTED)))
		return 1;
	const struct nf_ct_ext *extensions = connection->ext;
	if (!extensions)
		return 1;
	if (extensions->offset[EXTENSION_OF_HELPER])
		return 0;
	__u64 offset = extensions->offset[EXTENSION_OF_NAT];
	if (!offset || !is_masqueraded)
		return 1;
	const struct nf_conn_nat *of_nat = (void *)((__u64)extensions + offset);
	bpf_probe_read_kernel(&to->ifindex, sizeof(to->ifindex), &of_nat->masq_index);
	return 1;
}

/* Keeps a connection alive, as its packets would. In which unit the kernel counts is learned from what it makes of the first
 * time that it is told. */
INLINE void keep_alive(struct nf_conn *connection, const struct packet *packet)
{
	__u32 of = packet->protocol == PROTOCOL_TCP ? TIMEOUT_TCP : TIMEOUT_UDP;
	struct timeout *timeout = bpf_map_lookup_elem(&timeouts, &of);
	if (!timeout || !timeout->milliseconds)
		return;
	__u32 now = bpf_jiffies64();
	__s32 left = connection->timeout - now;
	/* Not with every packet: that would have all processors write to the entry. */
	if (timeout->ticks && left > (__s32)(timeout->ticks - timeout->ticks / 64))
		return;
	if (bpf_ct_change_timeout(connection, timeout->milliseconds) == 0)
		timeout->ticks = connection->timeout - now;
}

/* What is asked of the kernel's routes about a packet: as the stack asks, behind the translation of the destination and in
 * front of that of the source. */
INLINE struct bpf_fib_lookup translated_question(const struct packet *packet, const struct translation *to, __u32 ifindex)
{
	struct bpf_fib_lookup question = fib_question(packet, ifindex);
	question.dport = to->ports[1];
	__builtin_memcpy(question.dst, to->destination, 16);
	return question;
}

/* Whether a masqueraded connection's packets would leave by another device, which ends it. */
INLINE int leaves_elsewhere(const struct translation *to, __u32 ifindex)
{
	return to->ifindex && to->ifindex != ifindex;
}

/* Whether a packet goes by a member of a group. */
INLINE int goes_by_member(const struct port *port, const struct packet *packet, const struct translation *to)
{
	return to->member && is_to_be_marked(port, packet);
}

/* What checksums change by where a packet's addresses do. Behind addresses of IPv4 are zeros. */
INLINE __u32 change_of_addresses(const struct packet *packet, const struct translation *to)
{
	__u64 sum = 0;
	for (int i = 0; i < (packet->key.family == AF_INET ? 1 : 4); i++) {
		sum = add_change(sum, packet->source[i], to->source[i]);
		sum = add_change(sum, packet->destination[i], to->destination[i]);
	}
	return fold_change(sum);
}

/* The same of its ports. */
INLINE __u32 change_of_ports(const struct packet *packet, const struct translation *to)
{
	return fold_change(add_change(0, *(const __u32 *)packet->key.ports, *(const __u32 *)to->ports));
}
