/* What the control plane and the programs tell each other. src/layout.rs says the same, and both are held to these
 * numbers. */
#pragma once

#include "kernel.h"

/* The most groups, and the most members that a group has had at a time, those that have just gone among them. */
#define MAX_GROUPS 64
#define MAX_IDS 127
/* So many places there are for members of a group. */
#define IDS 128
#define SMALL_SLOTS 4099
#define LARGE_SLOTS 65537
#define NAME_LENGTH 32

/* A slot of a group's table. */
struct slot {
	/* The member that new connections go to; MAX_IDS for none. */
	__u8 now;
	/* The member that connections nothing is known of go to while it drains; with SLOT_CHANGED where connections may be
	 * elsewhere. */
	__u8 before;
};
ASSERT_SIZE(struct slot, 2);
#define SLOT_CHANGED 0x80

struct small_table {
	struct slot slots[SMALL_SLOTS];
};
ASSERT_SIZE(struct small_table, 8198);

struct large_table {
	struct slot slots[LARGE_SLOTS];
};
ASSERT_SIZE(struct large_table, 131074);

/* A device whose packets are looked at. */
struct port {
	__u8 mac[6];
	/* PORT_ETHERNET where frames have Ethernet's header. */
	__u8 flags;
	/* At which hooks: what the control plane asked for. */
	__u8 hook;
};
ASSERT_SIZE(struct port, 8);
#define PORT_ETHERNET 1
/* Packets are forwarded that only routes decide about. */
#define PORT_ROUTES 2
/* So are those of connections on the short cut, of IPv4 and of IPv6. */
#define PORT_CONNECTIONS4 4
#define PORT_CONNECTIONS6 8
/* Packets of IPv4, and of IPv6, to a group's destinations get the mark of a member, and are forwarded by the stack: none of
 * the family is taken as PORT_ROUTES says. */
#define PORT_MARKS4 16
#define PORT_MARKS6 32

/* Who decides about packets to a destination; from WAY_GROUP on it is a group. */
enum { WAY_STACK = 0, WAY_FIB = 1, WAY_OWN = 2, WAY_GROUP = 3 };

/* What follows of ports, ways and own addresses for most packets, so that these need no look-up but in one array. Those stay what
 * counts: where this says nothing, as when it is all zeros, they are asked. */
#define DIGEST_PORTS 256
#define DIGEST_WAYS 4096
#define DIGEST_FOREIGN 4096
struct digest {
	/* By the lower bits of ifindex. */
	struct digest_port {
		struct port port;
		/* Whose it is; 0 for nobody's. */
		__u32 ifindex;
		__u32 padding;
	} ports[DIGEST_PORTS];
	/* The way, with one added, of all destinations that come to a place; 0 where there are several. */
	__u8 ways4[DIGEST_WAYS];
	__u8 ways6[DIGEST_WAYS];
	/* Bits: that no own address of IPv4 comes to a place. */
	__u64 foreign4[DIGEST_FOREIGN / 64];
};
ASSERT_SIZE(struct digest, 12800);
ASSERT_OFFSET(struct digest, ways4, 4096);
ASSERT_OFFSET(struct digest, foreign4, 12288);
_Static_assert(WAY_GROUP + MAX_GROUPS < 256, "a way fits into a byte");
/* Odd numbers, by which places differ where addresses do. */
#define DIGEST_FACTOR 0x9e3779b1U

/* The bit of a connection's mark that puts it on the short cut. Rules set it. */
#define CONNECTION_SHORT 0x80000000

/* The bits of a connection's mark that say with which member of a group it stays: so far below are the same in packets'
 * marks. Rules keep them. */
#define CONNECTION_MEMBER 0x7fff0000
#define CONNECTION_MEMBER_SHIFT 16
/* So many numbers these bits make. */
#define MARKS (1 << 15)
_Static_assert((MARKS - 1) << CONNECTION_MEMBER_SHIFT == CONNECTION_MEMBER, "marks of members");
/* A connection's member is told by these bits and, below them, its place among all members: NO_PLACE where nobody has the mark. */
#define NO_PLACE (MAX_GROUPS * IDS)
_Static_assert(!(NO_PLACE & (NO_PLACE - 1)) && NO_PLACE < 1 << CONNECTION_MEMBER_SHIFT, "a place fits below a mark");

/* How long a connection lives without a packet. */
struct timeout {
	/* What the control plane says; 0 leaves it to the kernel. */
	__u32 milliseconds;
	/* The same as the kernel counts; 0 where it isn't known yet. */
	__u32 ticks;
};
ASSERT_SIZE(struct timeout, 8);
enum { TIMEOUT_TCP, TIMEOUT_UDP, TIMEOUTS };

/* What packets of a connection's direction become, as the kernel's entry said: one end of it that changes. */
struct remembered {
	__be32 source[4];
	__be32 destination[4];
	/* The end that changes, behind it; in the last word, where that is free, the connection's member. */
	__be32 becomes[4];
	__be16 ports[2];
	__be16 port;
	/* The only device that packets may leave by; 0 for any. */
	__u16 ifindex;
	/* When the kernel was asked. */
	__u32 asked;
	/* REMEMBERED_..., and above them a sum of all. */
	__u32 kind;
};
ASSERT_SIZE(struct remembered, 64);
ASSERT_OFFSET(struct remembered, ports, 48);
#define REMEMBERED_TCP 1
#define REMEMBERED_IPV6 2
/* Which end changes. */
#define REMEMBERED_SOURCE 4
#define REMEMBERED_DESTINATION 8
#define REMEMBERED_KIND 0xff
/* 16 MiB: enough for both directions of 65,000 connections, with few that have to make room. */
#define REMEMBERED (1 << 18)

struct group {
	__u8 name[NAME_LENGTH];
	/* Until then (CLOCK_MONOTONIC, in ns) connections nothing is known of are taken for older than the last change. */
	__u64 drain_until;
	/* So many changes there were; members remember the one that brought them. */
	__u32 generation;
	/* Seconds that a drain takes. */
	__u32 drain;
	/* FIELD_...: what is hashed. */
	__u8 fields;
	/* Whether the table is a large one. */
	__u8 large;
	/* Whether there is such a group. */
	__u8 used;
	__u8 padding;
	/* What connections of the group are remembered by: a number that nobody outside knows, so that nobody can send such as
	 * push others out. */
	__u32 seed;
};
ASSERT_SIZE(struct group, 56);
ASSERT_OFFSET(struct group, drain_until, 32);
ASSERT_OFFSET(struct group, generation, 40);
ASSERT_OFFSET(struct group, fields, 48);
ASSERT_OFFSET(struct group, seed, 52);
enum {
	FIELD_SOURCE = 1,
	FIELD_DESTINATION = 2,
	FIELD_PROTOCOL = 4,
	FIELD_SOURCE_PORT = 8,
	FIELD_DESTINATION_PORT = 16,
	FIELDS_ALL = 31,
	/* Of what a tunnel carries, its ends in place of the tunnel's. */
	FIELD_INNER = 32,
};

/* A member of a group. */
struct member {
	/* The device that packets leave by; 0 where there is no such member. */
	__u32 ifindex;
	/* The change of the group that brought it. */
	__u32 born;
	/* The neighbour: one address of IPv6, or of IPv4 and zeros. */
	__be32 gateway[4];
	/* The device's, in bytes of an IP packet. */
	__u32 mtu;
	__u16 weight;
	/* AF_INET, AF_INET6, or 0 where the destination is the neighbour. */
	__u8 family;
	/* MEMBER_... */
	__u8 flags;
	/* The neighbour's address, and that of the device, where MEMBER_RESOLVED says that they are known. */
	__u8 destination[6];
	__u8 source[6];
	/* What its packets are marked with where the stack forwards them, and the kernel's table with the way by it alone; 0 where
	 * they are not. */
	__u32 mark;
	__u32 table;
	/* Whether its packets reach anybody, and when the kernel was asked; written by the programs (reach.h). */
	__u32 reach;
};
ASSERT_SIZE(struct member, 56);
ASSERT_OFFSET(struct member, gateway, 8);
ASSERT_OFFSET(struct member, weight, 28);
ASSERT_OFFSET(struct member, destination, 32);
ASSERT_OFFSET(struct member, mark, 44);
enum { MEMBER_ALIVE = 1, MEMBER_RESOLVED = 2 };

/* Where connections go that were seen during a drain: one word each, in the line of the processor's cache that a hash of
 * the connection names. Who looks one up reads one line, and compares. */
#define LINES (1 << 17)
#define WORDS 8
struct line {
	__u64 words[WORDS];
};
ASSERT_SIZE(struct line, 64);

/* A word, from its lowest bit on; 0 for none. */
enum {
	/* The member, with one added. */
	WORD_MEMBER = 0,
	/* The change that brought it, as far as it fits: with another, it is another one. */
	WORD_BORN = 7,
	WORD_GROUP = 11,
	/* The upper bits of the hash that names the slot. */
	WORD_HASH = 17,
	/* Bits of another hash; the lowest is always set. With those of the first 37 bits tell connections of a group and a
	 * line apart: that one of 100 million is taken for another one happens once in 170 floods of so many. */
	WORD_SIGNATURE = 35,
	/* When it was seen last, in units of 2^CLOCK_SHIFT ns; it starts anew after nine minutes. */
	WORD_TIME = 55,
	WORD_END = 64,
};
#define CLOCK_SHIFT 30
_Static_assert(MAX_IDS < 1 << (WORD_BORN - WORD_MEMBER), "a member fits into a word");
_Static_assert(MAX_GROUPS <= 1 << (WORD_HASH - WORD_GROUP), "a group fits into a word");

struct ways4_key {
	__u32 prefix_len;
	__be32 address;
};
struct ways6_key {
	__u32 prefix_len;
	__be32 address[4];
};

struct count {
	__u64 packets;
	__u64 bytes;
};
ASSERT_SIZE(struct count, 16);

/* What became of a packet, and why the stack has got it. */
enum reason {
	/* A group's member has got it: counted there too. */
	FORWARDED_BY_GROUP,
	/* It left as the kernel's routes have it. */
	FORWARDED_BY_FIB,
	/* Its connection is on the short cut. */
	FORWARDED_BY_CONNECTION,
	/* It is neither IPv4 nor IPv6: ARP, VLAN, PPPoE and others. */
	STACK_OTHER_PROTOCOL,
	/* Its frame is not for this host. */
	STACK_OTHER_HOST,
	/* It is shorter than its headers say. */
	STACK_SHORT,
	/* It has options, or extension headers. */
	STACK_OPTIONS,
	/* Its checksum is wrong, or nothing is forwarded that says to be from where it says. */
	STACK_INVALID,
	/* Its hops end here. */
	STACK_TTL,
	/* Somebody has marked it before. */
	STACK_MARKED,
	/* The configuration says so of its destination, or nothing. */
	STACK_WAY,
	/* Rules have a say in what comes in here, and its connection is not on the short cut. */
	STACK_RULES,
	/* The kernel's routes do not forward it, or not without a question to a neighbour. */
	STACK_FIB,
	/* It would have to be divided. */
	STACK_MTU,
	/* It would leave by where it came in. */
	STACK_SAME_DEVICE,
	/* Its group has no member that lives. */
	STACK_NO_MEMBER,
	/* XDP only: the neighbour's address is not known there, or nobody keeps up any more what is. */
	STACK_UNRESOLVED,
	/* Rules have a say in it, and it goes to a group: marked for a member, counted there too. */
	STACK_MARKED_FOR_GROUP,
	/* The link of its member is down. */
	STACK_LINK_DOWN,
	REASONS,
};
