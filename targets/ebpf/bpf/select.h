/* From a packet and its group to a member: by the group's table, but connections that live stay where they are. */
#pragma once

#include "hash.h"
#include "memory.h"
#include "parse.h"
#include "way.h"

/* The slot of a hash; 0 where the group has no table. */
INLINE const struct slot *find_slot(__u32 group, const struct group *about, __u32 hash)
{
	__u32 first = 0;
	if (about->large) {
		void *array = bpf_map_lookup_elem(&large_tables, &group);
		struct large_table *table = array ? bpf_map_lookup_elem(array, &first) : 0;
		__u32 slot = ((__u64)hash * LARGE_SLOTS) >> 32;
		FORGET(slot);
		return table && slot < LARGE_SLOTS ? &table->slots[slot] : 0;
	}
	void *array = bpf_map_lookup_elem(&small_tables, &group);
	struct small_table *table = array ? bpf_map_lookup_elem(array, &first) : 0;
	__u32 slot = ((__u64)hash * SMALL_SLOTS) >> 32;
	FORGET(slot);
	return table && slot < SMALL_SLOTS ? &table->slots[slot] : 0;
}

/* The member of a place, if it lives. */
INLINE struct member *member_at(__u32 place)
{
	struct member *member = bpf_map_lookup_elem(&members, &place);
	return member && member->ifindex && (member->flags & MEMBER_ALIVE) ? member : 0;
}

/* The same of a group's id. */
INLINE struct member *find_member(__u32 group, __u32 id)
{
	return member_at(group * IDS + id);
}

/* Where a connection goes whose slot has changed: to where it was seen before; else, while the group drains, a new one to
 * the member of now and one that may be older than the change to the member before. Only then it is remembered. */
INLINE struct member *find_sticky(__u32 group, const struct group *about, const struct slot *slot,
				  const struct packet *packet, const struct flow_key *key, __u32 hash,
				  __u32 *id)
{
	__u64 time = bpf_ktime_get_coarse_ns();
	struct memo memo;
	if (!find_memo(group, about, key, hash, time, &memo))
		return 0;
	if (memo.word) {
		*id = member_of(memo.word);
		struct member *member = find_member(group, *id);
		if (member && means(memo.word, member)) {
			note(&memo);
			return member;
		}
	}
	*id = slot->now;
	if (time >= about->drain_until)
		return find_member(group, *id);
	/* Those that nothing is known of are where new ones go: nobody has to be told apart, now or by a later change. */
	__u8 before = slot->before & ~SLOT_CHANGED;
	if (before == slot->now)
		return find_member(group, *id);
	int begins = packet->protocol == PROTOCOL_TCP && (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	struct member *member = 0;
	if (!begins) {
		*id = before;
		member = find_member(group, *id);
	}
	if (!member) {
		*id = slot->now;
		member = find_member(group, *id);
	}
	if (member)
		remember(&memo, *id, member);
	return member;
}

/* The member of the way's group that a packet goes to, and its place; 0 where there is no group, or none of it lives. */
INLINE struct member *find(__u32 way, const struct packet *packet, __u32 *place)
{
	__u32 group = way - WAY_GROUP, id = MAX_IDS;
	struct group *about = bpf_map_lookup_elem(&groups, &group);
	if (!about || !about->used)
		return 0;
	/* Without a branch, for which the verifier would follow all that is behind twice. */
	__u32 behind = (about->fields & FIELD_INNER) && packet->inner.family ? INNER_BEHIND : 0;
	FORGET_VALUE(behind, about->seed);
	const struct flow_key *key = (void *)&packet->key + (behind & INNER_BEHIND);
	__u32 of_packet = hash(key, about->fields);
	const struct slot *slot = find_slot(group, about, of_packet);
	if (!slot)
		return 0;
	struct member *member;
	if (slot->before & SLOT_CHANGED) {
		member = find_sticky(group, about, slot, packet, key, of_packet, &id);
	} else {
		id = slot->now;
		member = find_member(group, id);
	}
	*place = group * IDS + id;
	return member;
}

/* The same for a packet that came in by a device; otherwise why the stack gets it. */
INLINE int find_outlet(__u32 way, const struct packet *packet, __u32 ifindex, struct member **member, __u32 *place)
{
	*member = find(way, packet, place);
	if (!*member)
		return STACK_NO_MEMBER;
	return (*member)->ifindex == ifindex ? STACK_SAME_DEVICE : CONTINUE;
}

/* The member that a connection's mark names for packets to a destination, told as layout.h says; 0 where the mark has no
 * member, or the way there is no group's. */
INLINE __u32 name_member(__u8 family, const __be32 *destination, __u32 connection_mark)
{
	__u32 bits = connection_mark & CONNECTION_MEMBER, way = bits ? find_way(family, destination) : WAY_STACK;
	if (way < WAY_GROUP)
		return 0;
	__u32 mark = bits >> CONNECTION_MEMBER_SHIFT, *place = bpf_map_lookup_elem(&places, &mark);
	struct member *member = place ? member_at(*place) : 0;
	if (!member || member->mark != mark || *place / IDS != way - WAY_GROUP)
		return bits | NO_PLACE;
	return bits | (*place & (NO_PLACE - 1));
}

/* The member that is told so, and its place; 0 where it has gone, and where another one has come into its place. */
INLINE struct member *find_named(__u32 named, __u32 *place)
{
	*place = named & ~CONNECTION_MEMBER;
	struct member *member = member_at(*place);
	return member && member->mark == named >> CONNECTION_MEMBER_SHIFT ? member : 0;
}
