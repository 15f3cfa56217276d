/* The short cut at traffic control. */
#pragma once

#include "remembered.h"
#include "tc.h"

/* The connection of a packet, which has to be released; 0 for none. */
INLINE struct nf_conn *tc_find_connection(struct __sk_buff *skb, const struct packet *packet, __u8 *direction)
{
	struct lookup_options options = { .namespace = OWN_NAMESPACE, .protocol = packet->protocol };
	struct nf_conn *connection;
	if (packet->key.family == AF_INET) {
		struct ends4 ends = {
			.source = packet->source[0],
			.destination = packet->destination[0],
			.ports = { packet->key.ports[0], packet->key.ports[1] },
		};
		connection = bpf_skb_ct_lookup(skb, &ends, sizeof(ends), &options, sizeof(options));
	} else {
		struct ends6 ends = { .ports = { packet->key.ports[0], packet->key.ports[1] } };
		__builtin_memcpy(ends.source, packet->source, 16);
		__builtin_memcpy(ends.destination, packet->destination, 16);
		connection = bpf_skb_ct_lookup(skb, &ends, sizeof(ends), &options, sizeof(options));
	}
	*direction = options.direction;
	return connection;
}

/* Reads how a packet of a connection leaves. */
#define READ_TRANSLATION(to, connection, direction)                                                    \
	do {                                                                                           \
		if ((direction) == DIRECTION_ORIGINAL)                                                 \
			TRANSLATE(to, &(connection)->tuplehash[DIRECTION_REPLY].tuple);                \
		else                                                                                   \
			TRANSLATE(to, &(connection)->tuplehash[DIRECTION_ORIGINAL].tuple);             \
	} while (0)

/* The same of a packet that may be on the short cut. Returns whether it is. */
INLINE int tc_find_translation(struct __sk_buff *skb, const struct packet *packet, struct translation *to)
{
	__u8 direction;
	__u32 mark = 0;
	struct nf_conn *connection = tc_find_connection(skb, packet, &direction);
	if (!connection)
		return 0;
	int found = is_short(connection, packet) && read_extensions(connection, direction, to);
	if (found) {
		READ_TRANSLATION(to, connection, direction);
		mark = connection->mark;
		keep_alive(connection, packet);
	}
	bpf_ct_release(connection);
	to->member = name_member(packet->key.family, to->destination, mark);
	return found;
}

/* Has the kernel be asked about both directions of the connection that a packet begins or ends. */
INLINE void tc_forget(struct __sk_buff *skb, const struct packet *packet)
{
	struct translation to = {};
	__u8 direction;
	forget_translation(&packet->key);
	struct nf_conn *connection = tc_find_connection(skb, packet, &direction);
	if (!connection)
		return;
	READ_TRANSLATION(&to, connection, direction);
	bpf_ct_release(connection);
	forget_answers(packet, &to);
}

/* Changes the header of IPv4, with one hop less. */
INLINE void tc_write4(struct __sk_buff *skb, const struct packet *packet, const struct translation *to, __u32 change)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	struct ipv4 *ip = ip_header(data, packet);
	if ((void *)(ip + 1) > data_end)
		return;
	struct ipv4 changed = *ip;
	changed.source = to->source[0];
	changed.destination = to->destination[0];
	changed.checksum = apply_change(changed.checksum, change);
	take_hop4(&changed);
	bpf_skb_store_bytes(skb, packet->offset, &changed, sizeof(changed), 0);
}

/* The same for IPv6, which has no checksum of its own: what hardware has summed up is told of each byte. */
INLINE void tc_write6(struct __sk_buff *skb, const struct packet *packet, const struct translation *to)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	struct ipv6 *ip = ip_header(data, packet);
	if ((void *)(ip + 1) > data_end)
		return;
	struct ipv6 changed = *ip;
	changed.hop_limit--;
	__builtin_memcpy(changed.source, to->source, 16);
	__builtin_memcpy(changed.destination, to->destination, 16);
	bpf_skb_store_bytes(skb, packet->offset, &changed, sizeof(changed), BPF_F_RECOMPUTE_CSUM);
}

/* Changes a packet's ends, all checksums with them. */
INLINE void tc_translate(struct __sk_buff *skb, const struct packet *packet, const struct translation *to)
{
	int is_ipv4 = packet->key.family == AF_INET;
	__u32 addresses = change_of_addresses(packet, to);
	__u32 ports = change_of_ports(packet, to);
	__u32 transport = packet->offset + (is_ipv4 ? sizeof(struct ipv4) : sizeof(struct ipv6));
	int is_tcp = packet->protocol == PROTOCOL_TCP;
	__u32 checksum = transport + (is_tcp ? TCP_CHECKSUM_OFFSET : UDP_CHECKSUM_OFFSET);
	/* A datagram without a checksum stays without. */
	__u64 flags = is_tcp ? 0 : BPF_F_MARK_MANGLED_0;
	bpf_l4_csum_replace(skb, checksum, 0, addresses, flags | BPF_F_PSEUDO_HDR);
	bpf_l4_csum_replace(skb, checksum, 0, ports, flags);
	bpf_skb_store_bytes(skb, transport, to->ports, 4, 0);
	if (is_ipv4)
		tc_write4(skb, packet, to, addresses);
	else
		tc_write6(skb, packet, to);
}

/* Asks the kernel's routes where a packet leaves: CONTINUE with that, or why it needs the stack. */
INLINE int tc_look_up_translated(struct __sk_buff *skb, const struct port *port, const struct packet *packet,
				 const struct translation *to, struct bpf_fib_lookup *answer)
{
	if (!goes_by_member(port, packet, to))
		return tc_look_up(skb, answer, 0);
	__u32 place;
	struct member *member = find_named(to->member, &place);
	if (!member)
		return STACK_NO_MEMBER;
	answer->tbid = member->table;
	return tc_look_up(skb, answer, FIB_LOOKUP_DIRECT | FIB_LOOKUP_TBID);
}

/* Sends a packet of a connection on the short cut; CONTINUE where it is on none, or why it needs the stack. */
INLINE int tc_by_connection(struct __sk_buff *skb, const struct port *port, const struct packet *packet, int *verdict)
{
	if (!may_be_short(port, packet))
		return CONTINUE;
	if (begins_or_ends(packet)) {
		tc_forget(skb, packet);
		return CONTINUE;
	}
	struct translation to = {};
	if (!recall_translation(packet, &to)) {
		if (!tc_find_translation(skb, packet, &to))
			return CONTINUE;
		remember_translation(packet, &to);
	}
	struct bpf_fib_lookup answer = translated_question(packet, &to, skb->ifindex);
	int found = tc_look_up_translated(skb, port, packet, &to, &answer);
	if (found == CONTINUE && leaves_elsewhere(&to, answer.ifindex)) {
		forget_translation(&packet->key);
		forget_answers(packet, &to);
		found = STACK_FIB;
	}
	if (found != CONTINUE)
		return found;
	tc_translate(skb, packet, &to);
	*verdict = tc_hand_over(answer.ifindex, answer.family, answer.dst);
	return FORWARDED_BY_CONNECTION;
}
