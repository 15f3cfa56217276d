/* What packets of connections become, remembered. With many connections each look into one of the kernel's entries is several
 * misses of the processor's caches, as they lie all over its memory; a line here is one.
 *
 * The kernel's entry stays the authority. It is asked anew once a second, as the kernel's own flow tables do, and whenever a
 * packet begins or ends a connection, or the control plane has changed something. */
#pragma once

#include "connection.h"
#include "hash.h"
#include "maps.h"

/* Time in 2^24 ns (17 ms), never 0. It repeats after two years. */
INLINE __u32 tick(void)
{
	return (__u32)(bpf_ktime_get_coarse_ns() >> 24) | 1;
}

/* So many of these make a second. */
#define TICKS 60

/* The protocol and the family of a packet, in the lowest bits of what a line is. */
INLINE __u32 kind_of(const struct flow_key *key)
{
	return (key->protocol == PROTOCOL_TCP ? REMEMBERED_TCP : 0) | (key->family == AF_INET6 ? REMEMBERED_IPV6 : 0);
}

/* A number of all that a line says, in the bits above. Processors do not wait for one another here: by this number a line is
 * known that two have written at a time, or that was read while one wrote. */
INLINE __u32 sum_of(const struct remembered *line, __u32 kind)
{
	const __u64 *words = (const __u64 *)line;
	__u64 sum = line->asked | (__u64)kind << 32;
#pragma unroll
	for (int i = 0; i < 7; i++)
		sum = (sum ^ words[i] ^ sum >> 29) * 0x9e3779b97f4a7c15ULL;
	return (__u32)(sum >> 32) & ~REMEMBERED_KIND;
}

/* Whether a line is a packet's, however old. */
INLINE int is_line_of(const struct remembered *line, const struct flow_key *key)
{
	const __u64 *of_line = (const __u64 *)line->source, *of_key = (const __u64 *)key->source;
	return of_line[0] == of_key[0] && of_line[1] == of_key[1] && of_line[2] == of_key[2] &&
	       of_line[3] == of_key[3] && *(const __u32 *)line->ports == *(const __u32 *)key->ports &&
	       (line->kind & (REMEMBERED_TCP | REMEMBERED_IPV6)) == kind_of(key);
}

/* The first of the two places where a packet's line may stand. */
INLINE __u32 first_place(const struct flow_key *key)
{
	return hash_both(key, FIELDS_ALL, 0) & (REMEMBERED - 2);
}

/* A packet's line, however old; 0 where there is none. */
INLINE struct remembered *find_line(const struct flow_key *key)
{
	__u32 place = first_place(key);
	struct remembered *line = bpf_map_lookup_elem(&remembered, &place);
	if (line && is_line_of(line, key))
		return line;
	place++;
	line = bpf_map_lookup_elem(&remembered, &place);
	return line && is_line_of(line, key) ? line : 0;
}

/* Where a line has the member of a connection: an address of IPv4 takes one word, and an end that does not change takes none. */
#define MEMBER_PLACE 3

INLINE int has_room_for_member(const struct packet *packet, __u32 kind)
{
	return packet->key.family == AF_INET || !(kind & (REMEMBERED_SOURCE | REMEMBERED_DESTINATION));
}

/* Writes the end of a packet that changes. */
INLINE void write_end(__be32 *end, const struct packet *packet, const struct remembered *line)
{
	if (packet->key.family == AF_INET)
		end[0] = line->becomes[0];
	else
		__builtin_memcpy(end, line->becomes, 16);
}

/* Reads what a packet becomes. Returns whether that is known for sure. */
INLINE int recall_translation(const struct packet *packet, struct translation *to)
{
	struct remembered *found = find_line(&packet->key);
	__u32 first = 0, *forgotten = bpf_map_lookup_elem(&all_forgotten, &first);
	if (!found || !forgotten)
		return 0;
	struct remembered line = *found;
	/* This clock may be behind that of the control plane: a second is added to both sides. */
	__u32 now = tick(), age = now - line.asked;
	if (age >= TICKS || age + TICKS >= now - *forgotten + TICKS)
		return 0;
	if (!is_line_of(&line, &packet->key) || (line.kind & ~REMEMBERED_KIND) != sum_of(&line, line.kind & REMEMBERED_KIND))
		return 0;
	to->ifindex = line.ifindex;
	to->member = has_room_for_member(packet, line.kind) ? line.becomes[MEMBER_PLACE] : 0;
	__builtin_memcpy(to->source, packet->source, 16);
	__builtin_memcpy(to->destination, packet->destination, 16);
	__builtin_memcpy(to->ports, packet->key.ports, 4);
	if (line.kind & REMEMBERED_SOURCE) {
		write_end(to->source, packet, &line);
		to->ports[0] = line.port;
	}
	if (line.kind & REMEMBERED_DESTINATION) {
		write_end(to->destination, packet, &line);
		to->ports[1] = line.port;
	}
	return 1;
}

INLINE int are_same(const __be32 *one, const __be32 *other)
{
	return one[0] == other[0] && one[1] == other[1] && one[2] == other[2] && one[3] == other[3];
}

/* Writes down what the kernel's entry has just said of a packet. A line has room for one end that changes, for most devices'
 * numbers, and mostly for a member; what is more is asked for each time. */
INLINE void remember_translation(const struct packet *packet, const struct translation *to)
{
	int keeps_source = are_same(to->source, packet->source) && to->ports[0] == packet->key.ports[0];
	int keeps_destination = are_same(to->destination, packet->destination) && to->ports[1] == packet->key.ports[1];
	__u32 kind = kind_of(&packet->key) | (keeps_source ? 0 : REMEMBERED_SOURCE) |
		     (keeps_destination ? 0 : REMEMBERED_DESTINATION);
	int has_room = has_room_for_member(packet, kind);
	if ((!keeps_source && !keeps_destination) || to->ifindex > 0xffff || (to->member && !has_room))
		return;
	struct remembered line = { .ifindex = to->ifindex, .asked = tick() };
	__builtin_memcpy(line.source, packet->source, 16);
	__builtin_memcpy(line.destination, packet->destination, 16);
	__builtin_memcpy(line.ports, packet->key.ports, 4);
	if (!keeps_source) {
		__builtin_memcpy(line.becomes, to->source, 16);
		line.port = to->ports[0];
	}
	if (!keeps_destination) {
		__builtin_memcpy(line.becomes, to->destination, 16);
		line.port = to->ports[1];
	}
	if (has_room)
		line.becomes[MEMBER_PLACE] = to->member;
	line.kind = kind | sum_of(&line, kind);

	__u32 place = first_place(&packet->key);
	struct remembered *first = bpf_map_lookup_elem(&remembered, &place);
	place++;
	struct remembered *second = bpf_map_lookup_elem(&remembered, &place);
	if (!first || !second)
		return;
	/* Its own line, else that which was not asked for since longest. */
	if (is_line_of(second, &packet->key) ||
	    (!is_line_of(first, &packet->key) && line.asked - second->asked > line.asked - first->asked))
		first = second;
	*first = line;
}

/* Has the kernel be asked about the packets of a key. */
INLINE void forget_translation(const struct flow_key *key)
{
	struct remembered *line = find_line(key);
	if (line)
		line->asked = 0;
}

/* The same about those that come back. */
INLINE void forget_answers(const struct packet *packet, const struct translation *to)
{
	struct flow_key key = { .protocol = packet->key.protocol, .family = packet->key.family };
	__builtin_memcpy(key.source, to->destination, 16);
	__builtin_memcpy(key.destination, to->source, 16);
	key.ports[0] = to->ports[1];
	key.ports[1] = to->ports[0];
	forget_translation(&key);
}
