/* Whether packets for a member reach anybody: not where its link is down, or set down. The kernel knows that, and is asked once in a
 * while, not for each packet. */
#pragma once

#include "maps.h"

/* What is known of a member, in its lowest bits. Above them stands when that was asked, in ticks of the kernel's clock: it is known for
 * four of them. */
#define REACH_DOWN 1
/* Nobody keeps up any more what drivers are told. */
#define REACH_NOT_KEPT_UP 2
/* The kernel had no way for once, as in the moment in which somebody replaces its route of IPv6. */
#define REACH_IN_DOUBT 4
#define REACH_BITS 7

/* Whether somebody keeps up what drivers are told. */
INLINE int is_kept_up(void)
{
	__u32 first = 0;
	const __u64 *until = bpf_map_lookup_elem(&kept_until, &first);
	return until && bpf_ktime_get_coarse_ns() < *(const volatile __u64 *)until;
}

/* Asks whether the kernel has a way to a destination by a member's device: in the member's own table, or in the main one, which groups
 * share the routes of. */
INLINE int has_way(void *context, __u8 family, const __be32 *destination, const struct member *member)
{
	__u32 ifindex = member->ifindex;
	/* With a length that fits everywhere it is none of the answer. */
	struct bpf_fib_lookup question = { .family = family, .tot_len = 1, .ifindex = ifindex };
	question.tbid = member->table ? member->table : MAIN_TABLE;
	__builtin_memcpy(question.dst, destination, 16);
	long found = bpf_fib_lookup(context, &question, sizeof(question),
				    FIB_LOOKUP_OUTPUT | FIB_LOOKUP_DIRECT | FIB_LOOKUP_TBID);
	/* Of IPv6 the kernel rather answers with a way by another device than with none. */
	return (found == FIB_SUCCESS || found == FIB_NO_NEIGHBOUR) && question.ifindex == ifindex;
}

/* What is known of a member: REACH_DOWN, REACH_NOT_KEPT_UP. All destinations that it is chosen for have the same route. */
INLINE __u32 know_reach(void *context, __u8 family, const __be32 *destination, struct member *member)
{
	/* The kernel makes one load of it; its clocks in ns take longer than all else here. */
	__u32 now = (__u32)bpf_jiffies64() << 1 & ~REACH_BITS, known = *(volatile __u32 *)&member->reach;
	if ((known ^ now) & ~REACH_BITS) {
		__u32 without_way = known & (REACH_IN_DOUBT | REACH_DOWN) ? REACH_DOWN : REACH_IN_DOUBT;
		known = now;
		if (!has_way(context, family, destination, member))
			known |= without_way;
		if (!is_kept_up())
			known |= REACH_NOT_KEPT_UP;
		*(volatile __u32 *)&member->reach = known;
	}
	return known & (REACH_DOWN | REACH_NOT_KEPT_UP);
}
