/* What is read of the kernel's connection tracking, and asked of it. Its layouts are no stable interface: the loader looks
 * the fields up in the kernel by the names of types and fields (CO-RE), and the functions by theirs. */
#pragma once

#include "kernel.h"

#define OF_THE_KERNEL __attribute__((preserve_access_index))

/* net/netfilter/nf_conntrack_tuple.h */
union nf_inet_addr {
	__be32 ip6[4];
} OF_THE_KERNEL;

union nf_conntrack_man_proto {
	__be16 all;
} OF_THE_KERNEL;

struct nf_conntrack_man {
	union nf_inet_addr u3;
	union nf_conntrack_man_proto u;
} OF_THE_KERNEL;

struct nf_conntrack_tuple {
	struct nf_conntrack_man src;
	struct {
		union nf_inet_addr u3;
		union {
			__be16 all;
		} u;
	} dst;
} OF_THE_KERNEL;

struct nf_conntrack_tuple_hash {
	struct nf_conntrack_tuple tuple;
} OF_THE_KERNEL;

/* net/netfilter/nf_conntrack.h */
struct ip_ct_tcp {
	__u8 state;
} OF_THE_KERNEL;

union nf_conntrack_proto {
	struct ip_ct_tcp tcp;
} OF_THE_KERNEL;

/* net/netfilter/nf_conntrack_extend.h: where behind it an extension stands, 0 for none; the oldest two kinds. */
struct nf_ct_ext {
	__u8 offset[2];
} OF_THE_KERNEL;
enum { EXTENSION_OF_HELPER = 0, EXTENSION_OF_NAT = 1 };

/* net/netfilter/nf_nat.h: the device that a masqueraded connection leaves by. */
struct nf_conn_nat {
	__s32 masq_index;
} OF_THE_KERNEL;

struct nf_conn {
	__u32 timeout;
	struct nf_conntrack_tuple_hash tuplehash[2];
	unsigned long status;
	__u32 mark;
	struct nf_ct_ext *ext;
	union nf_conntrack_proto proto;
} OF_THE_KERNEL;

/* nf_conntrack_common.h: bits of the status. */
#define IPS_EXPECTED (1 << 0)
#define IPS_SEEN_REPLY (1 << 1)
#define IPS_CONFIRMED (1 << 3)
#define IPS_SRC_NAT (1 << 4)
#define IPS_SEQ_ADJUST (1 << 6)
#define IPS_DYING (1 << 9)
#define IPS_NAT_CLASH (1 << 12)
#define IPS_HELPER (1 << 13)
/* nf_conntrack_tcp.h */
#define TCP_CONNTRACK_ESTABLISHED 3

/* bpf.h: the ends of a packet. */
struct ends4 {
	__be32 source;
	__be32 destination;
	struct {
		__be16 source;
		__be16 destination;
	} ports;
};
ASSERT_SIZE(struct ends4, 12);

struct ends6 {
	__be32 source[4];
	__be32 destination[4];
	struct {
		__be16 source;
		__be16 destination;
	} ports;
};
ASSERT_SIZE(struct ends6, 36);

/* nf_conntrack_bpf.c: what a lookup takes, in its first form, and the direction that it finds. */
struct lookup_options {
	__s32 namespace;
	__s32 error;
	__u8 protocol;
	__u8 direction;
	__u8 reserved[2];
};
ASSERT_SIZE(struct lookup_options, 12);
#define OWN_NAMESPACE -1
enum { DIRECTION_ORIGINAL = 0, DIRECTION_REPLY = 1 };

/* The loader knows these numbers by src/kfunc.rs, and puts those of the running kernel in their place. */
static struct nf_conn *(*const bpf_skb_ct_lookup)(struct __sk_buff *skb, void *ends, __u32 size,
						  struct lookup_options *options, __u32 options_size) = (void *)0x7f000001;
static void (*const bpf_ct_release)(struct nf_conn *connection) = (void *)0x7f000002;
static int (*const bpf_ct_change_timeout)(struct nf_conn *connection, __u32 milliseconds) = (void *)0x7f000003;
