/* From the bytes of a packet to what is decided by. */
#pragma once

#include "tunnel.h"

/* What is decided by. */
struct packet {
	/* The connection that is hashed: of an ICMP error the one that it is about. */
	struct flow_key key;
	/* The ends of the packet that it carries, if it is a tunnel's; of no family otherwise. */
	struct flow_key inner;
	/* Its own ends, of which the key's may differ. */
	__be32 source[4];
	__be32 destination[4];
	/* Bytes, from the IP header on. */
	__u32 length;
	/* Where the IP header begins. */
	__u32 offset;
	__be32 flowinfo;
	/* The packet's own, in contrast to that of the key. */
	__u8 protocol;
	__u8 tcp_flags;
	/* Whether it is an ICMP error, and the key another packet's. */
	__u8 is_error;
	__u8 padding;
};

/* How far behind the key of a packet that of the one that it carries stands. */
#define INNER_BEHIND (__builtin_offsetof(struct packet, inner) - __builtin_offsetof(struct packet, key))

/* Where the IP header begins. The verifier (Linux 6.18) forgets how small an offset is that it has seen written to the
 * stack, and of a large one it takes no proof that the packet is long enough. */
INLINE void *ip_header(void *data, const struct packet *packet)
{
	return data + (packet->offset & 15);
}

/* What parsing, and each step behind it, says where it does not end with a reason. */
#define CONTINUE -1

/* Whether packets of a protocol begin with two ports. */
INLINE int has_ports(__u8 protocol)
{
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP;
}

INLINE int is_extension(__u8 next_header)
{
	switch (next_header) {
	case EXTENSION_HOP_BY_HOP:
	case EXTENSION_ROUTING:
	case EXTENSION_FRAGMENT:
	case EXTENSION_AUTHENTICATION:
	case EXTENSION_DESTINATION:
	case EXTENSION_MOBILITY:
	case EXTENSION_HIP:
	case EXTENSION_SHIM6:
		return 1;
	default:
		return 0;
	}
}

/* RFC 1071: a header with a right checksum sums up to all ones. */
INLINE int has_right_checksum(const struct ipv4 *ip)
{
	const __u16 *words = (const __u16 *)ip;
	__u32 sum = 0;
#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (__u16)sum == 0xffff;
}

/* RFC 1122, section 3.2.1.3, and RFC 5735: addresses that no packet may come from that is forwarded. */
INLINE int is_martian4(__be32 source)
{
	__u8 first = source & 0xff;
	return first == 0 || first == 127 || first >= 224;
}

/* RFC 4291: multicast, link-local, and what begins with eight zeros, ::1 and :: among them. */
INLINE int is_martian6(const __be32 *source)
{
	__be32 first = source[0];
	return (first & 0xff) == 0xff || (first & htons(0xffc0)) == htons(0xfe80) || (first & 0xff) == 0;
}

/* Reads ports, and the flags of TCP. */
INLINE int parse_ports(void *data_end, void *transport, struct packet *packet)
{
	struct ports *ports = transport;
	if ((void *)(ports + 1) > data_end)
		return STACK_SHORT;
	packet->key.ports[0] = ports->source;
	packet->key.ports[1] = ports->destination;
	if (packet->protocol == PROTOCOL_TCP) {
		__u8 *flags = transport + TCP_FLAGS_OFFSET;
		if ((void *)(flags + 1) > data_end)
			return STACK_SHORT;
		packet->tcp_flags = *flags;
	}
	return CONTINUE;
}

/* Reads what a tunnel carries. */
INLINE int parse_inner(void *data_end, void *transport, __u32 left, struct packet *packet)
{
	return parse_tunnel(data_end, transport, left, packet->protocol, &packet->inner) ? CONTINUE : STACK_SHORT;
}

/* Takes the connection that an error is about: the packet in it went the other way. */
INLINE void parse_error4(void *data_end, struct icmp *icmp, struct packet *packet)
{
	struct ipv4 *about = (void *)(icmp + 1);
	if ((void *)(about + 1) > data_end)
		return;
	packet->is_error = 1;
	packet->key.source[0] = about->destination;
	packet->key.destination[0] = about->source;
	packet->key.protocol = about->protocol;
	struct ports *ports = (void *)(about + 1);
	if (about->version_and_length != IPV4_WITHOUT_OPTIONS || (about->fragment & htons(IPV4_FRAGMENT)))
		return;
	if (!has_ports(about->protocol) || (void *)(ports + 1) > data_end)
		return;
	packet->key.ports[0] = ports->destination;
	packet->key.ports[1] = ports->source;
}

INLINE void parse_error6(void *data_end, struct icmp *icmp, struct packet *packet)
{
	struct ipv6 *about = (void *)(icmp + 1);
	if ((void *)(about + 1) > data_end)
		return;
	packet->is_error = 1;
	__builtin_memcpy(packet->key.source, about->destination, 16);
	__builtin_memcpy(packet->key.destination, about->source, 16);
	packet->key.protocol = about->next_header;
	struct ports *ports = (void *)(about + 1);
	if (!has_ports(about->next_header) || (void *)(ports + 1) > data_end)
		return;
	packet->key.ports[0] = ports->destination;
	packet->key.ports[1] = ports->source;
}

/* RFC 792: destination unreachable, source quench, redirect, time exceeded, parameter problem. */
INLINE int is_error4(__u8 type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* RFC 4443, section 2.1. */
INLINE int is_error6(__u8 type)
{
	return type < 128;
}

INLINE int parse4(void *data, void *data_end, __u32 frame_length, struct packet *packet)
{
	struct ipv4 *ip = ip_header(data, packet);
	if ((void *)(ip + 1) > data_end)
		return STACK_SHORT;
	if (ip->version_and_length != IPV4_WITHOUT_OPTIONS)
		return STACK_OPTIONS;
	packet->length = ntohs(ip->total_length);
	if (packet->length < sizeof(*ip) || packet->offset + packet->length > frame_length)
		return STACK_SHORT;
	if (!has_right_checksum(ip) || is_martian4(ip->source))
		return STACK_INVALID;
	if (ip->ttl <= 1)
		return STACK_TTL;
	packet->key.family = AF_INET;
	packet->protocol = ip->protocol;
	packet->flowinfo = ip->tos;
	packet->source[0] = ip->source;
	packet->destination[0] = ip->destination;
	packet->key.source[0] = ip->source;
	packet->key.destination[0] = ip->destination;
	packet->key.protocol = ip->protocol;
	/* The parts of a datagram go the same way: only the first has ports, so that none is looked at for them. */
	if (ip->fragment & htons(IPV4_FRAGMENT))
		return CONTINUE;
	void *transport = ip + 1;
	if (has_ports(ip->protocol))
		return parse_ports(data_end, transport, packet);
	if (is_tunnel(ip->protocol))
		return parse_inner(data_end, transport, packet->length - sizeof(*ip), packet);
	struct icmp *icmp = transport;
	if (ip->protocol == PROTOCOL_ICMP && (void *)(icmp + 1) <= data_end && is_error4(icmp->type))
		parse_error4(data_end, icmp, packet);
	return CONTINUE;
}

INLINE int parse6(void *data, void *data_end, __u32 frame_length, struct packet *packet)
{
	struct ipv6 *ip = ip_header(data, packet);
	if ((void *)(ip + 1) > data_end)
		return STACK_SHORT;
	if (is_extension(ip->next_header))
		return STACK_OPTIONS;
	packet->length = sizeof(*ip) + ntohs(ip->payload_length);
	/* Without a length of its own it may be a jumbogram (RFC 2675). */
	if (!ip->payload_length || packet->offset + packet->length > frame_length)
		return STACK_SHORT;
	if (is_martian6(ip->source))
		return STACK_INVALID;
	if (ip->hop_limit <= 1)
		return STACK_TTL;
	packet->key.family = AF_INET6;
	packet->protocol = ip->next_header;
	/* Class and label, without the version. */
	packet->flowinfo = ip->version_class_label & __builtin_bswap32(0x0fffffff);
	__builtin_memcpy(packet->source, ip->source, 16);
	__builtin_memcpy(packet->destination, ip->destination, 16);
	__builtin_memcpy(packet->key.source, ip->source, 16);
	__builtin_memcpy(packet->key.destination, ip->destination, 16);
	packet->key.protocol = ip->next_header;
	void *transport = ip + 1;
	if (has_ports(ip->next_header))
		return parse_ports(data_end, transport, packet);
	if (is_tunnel(ip->next_header))
		return parse_inner(data_end, transport, packet->length - sizeof(*ip), packet);
	struct icmp *icmp = transport;
	if (ip->next_header == PROTOCOL_ICMPV6 && (void *)(icmp + 1) <= data_end && is_error6(icmp->type))
		parse_error6(data_end, icmp, packet);
	return CONTINUE;
}
