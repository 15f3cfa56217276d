/* What of a packet decides, as a number. */
#pragma once

#include "headers.h"
#include "layout.h"

INLINE __u32 rotate(__u32 word, int bits)
{
	return word << bits | word >> (32 - bits);
}

/* Bob Jenkins' lookup3 over whole words, as include/linux/jhash.h has it. */
#define MIX(a, b, c)                        \
	do {                                \
		a -= c; a ^= rotate(c, 4); c += b;  \
		b -= a; b ^= rotate(a, 6); a += c;  \
		c -= b; c ^= rotate(b, 8); b += a;  \
		a -= c; a ^= rotate(c, 16); c += b; \
		b -= a; b ^= rotate(a, 19); a += c; \
		c -= b; c ^= rotate(b, 4); b += a;  \
	} while (0)

#define LAST_MIX(a, b, c)              \
	do {                           \
		c ^= b; c -= rotate(b, 14); \
		a ^= c; a -= rotate(c, 11); \
		b ^= a; b -= rotate(a, 25); \
		c ^= b; c -= rotate(b, 16); \
		a ^= c; a -= rotate(c, 4);  \
		b ^= a; b -= rotate(a, 14); \
		c ^= b; c -= rotate(b, 24); \
	} while (0)

#define JHASH_START 0xdeadbeef
/* Two numbers come out of it; the lower half is the one that jhash() gives. */
#define BOTH(b, c) ((__u64)(b) << 32 | (c))

/* A connection, as its packets name it. Behind addresses of IPv4 are zeros. */
struct flow_key {
	__be32 source[4];
	__be32 destination[4];
	__be16 ports[2];
	__u8 protocol;
	/* AF_INET or AF_INET6. */
	__u8 family;
	__u8 padding[2];
};

/* Source, destination, ports, protocol: of IPv4 four words. */
INLINE __u64 hash4(__u32 seed, __be32 source, __be32 destination, __u32 ports, __u32 protocol)
{
	__u32 a = JHASH_START + 16 + seed, b = a, c = a;
	a += source;
	b += destination;
	c += ports;
	MIX(a, b, c);
	a += protocol;
	LAST_MIX(a, b, c);
	return BOTH(b, c);
}

/* Of IPv6 ten words. */
INLINE __u64 hash6(__u32 seed, const __be32 *source, __u32 of_source, const __be32 *destination, __u32 of_destination,
		   __u32 ports, __u32 protocol)
{
	__u32 a = JHASH_START + 40 + seed, b = a, c = a;
	a += source[0] & of_source;
	b += source[1] & of_source;
	c += source[2] & of_source;
	MIX(a, b, c);
	a += source[3] & of_source;
	b += destination[0] & of_destination;
	c += destination[1] & of_destination;
	MIX(a, b, c);
	a += destination[2] & of_destination;
	b += destination[3] & of_destination;
	c += ports;
	MIX(a, b, c);
	a += protocol;
	LAST_MIX(a, b, c);
	return BOTH(b, c);
}

/* All ones where a field is hashed, else 0. Without a branch for each field: the verifier would follow each choice of them through
 * all that is behind it. */
INLINE __u32 of_field(__u8 fields, __u8 field)
{
	return -(__u32)((fields / field) & 1);
}

/* The same of a connection, by some of its fields; what is not hashed is zero. */
INLINE __u64 hash_both(const struct flow_key *key, __u8 fields, __u32 seed)
{
	__u32 of_source = of_field(fields, FIELD_SOURCE), of_destination = of_field(fields, FIELD_DESTINATION);
	/* In memory the source port stands first, on any processor. */
	struct ports taken = {
		.source = key->ports[0] & of_field(fields, FIELD_SOURCE_PORT),
		.destination = key->ports[1] & of_field(fields, FIELD_DESTINATION_PORT),
	};
	__u32 ports;
	__builtin_memcpy(&ports, &taken, sizeof(ports));
	__u32 protocol = key->protocol & of_field(fields, FIELD_PROTOCOL);
	if (key->family == AF_INET)
		return hash4(seed, key->source[0] & of_source, key->destination[0] & of_destination, ports, protocol);
	return hash6(seed, key->source, of_source, key->destination, of_destination, ports, protocol);
}

/* The hash of a connection by the fields of a group. */
INLINE __u32 hash(const struct flow_key *key, __u8 fields)
{
	return hash_both(key, fields, 0);
}
