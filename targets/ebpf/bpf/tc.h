/* The fast path at traffic control: the packet is a buffer of the kernel's, and neighbours are the kernel's business. */
#pragma once

#include "count.h"
#include "reach.h"
#include "rewrite.h"
#include "select.h"
#include "way.h"

/* Bytes of a packet that are looked at: Ethernet, IPv6, ICMP, and in it IPv6 and ports again; or Ethernet, IPv6, GRE and IPv6. */
#define LOOKED_AT 112

/* Where the IP header begins; devices without Ethernet's header have it first. */
INLINE __u32 header_length(const struct port *port)
{
	return port->flags & PORT_ETHERNET ? sizeof(struct ethernet) : 0;
}

INLINE int tc_parse(struct __sk_buff *skb, struct packet *packet)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	if (skb->protocol == htons(ETHERTYPE_IPV4))
		return parse4(data, data_end, skb->len, packet);
	return parse6(data, data_end, skb->len, packet);
}

/* Gives a packet one hop less, with the sum over all of it kept. */
INLINE void tc_take_hop(struct __sk_buff *skb, const struct packet *packet)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	if (packet->key.family == AF_INET) {
		struct ipv4 *ip = ip_header(data, packet);
		if ((void *)(ip + 1) > data_end)
			return;
		struct ipv4 changed = *ip;
		take_hop4(&changed);
		bpf_skb_store_bytes(skb, packet->offset, &changed, sizeof(changed), 0);
	} else {
		struct ipv6 *ip = ip_header(data, packet);
		if ((void *)(ip + 1) > data_end)
			return;
		__u8 hop_limit = ip->hop_limit - 1;
		bpf_skb_store_bytes(skb, packet->offset + __builtin_offsetof(struct ipv6, hop_limit), &hop_limit, 1,
				    BPF_F_RECOMPUTE_CSUM);
	}
}

/* Hands a packet to a neighbour, whose address the kernel finds out. */
INLINE int tc_hand_over(__u32 ifindex, __u8 family, const __be32 *gateway)
{
	struct bpf_redir_neigh neighbour = { .family = family };
	__builtin_memcpy(neighbour.gateway, gateway, 16);
	return bpf_redirect_neigh(ifindex, &neighbour, sizeof(neighbour), 0);
}

/* Whether a packet, or each segment that it is divided into, fits through a device. */
INLINE int tc_fits(struct __sk_buff *skb, __u32 ifindex)
{
	__u32 mtu = 0;
	return bpf_check_mtu(skb, ifindex, &mtu, 0, BPF_MTU_CHK_SEGS) == 0;
}

/* Hands a packet to a member of its group. */
INLINE int tc_to_member(struct __sk_buff *skb, const struct packet *packet, struct member *member, __u32 place,
			int *verdict)
{
	if (member->ifindex == skb->ifindex)
		return STACK_SAME_DEVICE;
	if (know_reach(skb, packet->key.family, packet->destination, member) & REACH_DOWN)
		return STACK_LINK_DOWN;
	if (!tc_fits(skb, member->ifindex))
		return STACK_MTU;
	count(&member_counts, place, packet->length);
	int is_direct = member->family == 0;
	tc_take_hop(skb, packet);
	*verdict = tc_hand_over(member->ifindex, is_direct ? packet->key.family : member->family,
				is_direct ? packet->destination : member->gateway);
	return FORWARDED_BY_GROUP;
}

/* Chooses a member for a packet that the stack forwards, which keeps the packet's connection with the one that it has. */
INLINE int tc_mark(struct __sk_buff *skb, const struct packet *packet, const struct member *member, __u32 place)
{
	if (!member->mark)
		return STACK_RULES;
	count(&member_counts, place, packet->length);
	skb->mark = member->mark;
	return STACK_MARKED_FOR_GROUP;
}

/* What the kernel's routes say of a packet, given what they are asked and how: CONTINUE with where it leaves, or why it needs the
 * stack. */
INLINE int tc_look_up(struct __sk_buff *skb, struct bpf_fib_lookup *packet, __u32 flags)
{
	/* Without a length the kernel measures the packet itself, each of its segments too, but only where it knows the
	 * neighbour, and with room for a VLAN's header. */
	long found = bpf_fib_lookup(skb, packet, sizeof(*packet), flags);
	if (found == FIB_FRAGMENTATION_NEEDED)
		return STACK_MTU;
	if (found != FIB_SUCCESS && found != FIB_NO_NEIGHBOUR)
		return STACK_FIB;
	if (packet->ifindex == skb->ifindex)
		return STACK_SAME_DEVICE;
	return tc_fits(skb, packet->ifindex) ? CONTINUE : STACK_MTU;
}

INLINE int tc_by_fib(struct __sk_buff *skb, const struct packet *packet, int *verdict)
{
	/* The kernel shares errors among gateways by what they are about, which its look-up is not told. */
	if (packet->is_error)
		return STACK_FIB;
	struct bpf_fib_lookup answer = fib_question(packet, skb->ifindex);
	int found = tc_look_up(skb, &answer, 0);
	if (found != CONTINUE)
		return found;
	tc_take_hop(skb, packet);
	*verdict = tc_hand_over(answer.ifindex, answer.family, answer.dst);
	return FORWARDED_BY_FIB;
}
