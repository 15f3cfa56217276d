/* What the programs take of the kernel: numbers and layouts of its stable interface (include/uapi/linux), nothing more.
 * Headers of the machine that builds would put its version into the objects. */
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;
/* In network order. */
typedef __u16 __be16;
typedef __u32 __be32;

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define htons(n) __builtin_bswap16(n)
#define ntohs(n) __builtin_bswap16(n)
/* What clang knows of a variable it forgets here. It would leave out a check that always holds, without which the verifier refuses
 * what is behind it, and make branches of what is to be computed. */
#define FORGET(variable) asm volatile("" : "+r"(variable))
/* The same of the verifier, given a number that it knows nothing of. It would follow each value that it knows by itself, through all
 * that is behind. */
#define FORGET_VALUE(variable, unknown)        \
	do {                                   \
		__u32 hidden_by = (unknown);   \
		(variable) ^= hidden_by;       \
		FORGET(variable);              \
		(variable) ^= hidden_by;       \
	} while (0)
#define ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#define ASSERT_OFFSET(type, field, offset) _Static_assert(__builtin_offsetof(type, field) == (offset), #type "." #field)

/* bpf.h: the context of a program at XDP. */
struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
	__u32 egress_ifindex;
};

/* bpf.h: the context of a program at traffic control, as far as it is read here. */
struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
};

/* bpf.h: verdicts. */
enum { XDP_PASS = 2 };
enum { TC_ACT_UNSPEC = -1 };

/* if_packet.h: a packet that is for this host. */
#define PACKET_HOST 0

/* bpf.h: what a lookup of the kernel's routes takes and gives. */
struct bpf_fib_lookup {
	__u8 family;
	__u8 l4_protocol;
	__be16 sport;
	__be16 dport;
	/* In: the length of the IP packet, 0 where the kernel knows it. Out: the MTU. */
	__u16 tot_len;
	/* In: where it came in. Out: where it leaves. */
	__u32 ifindex;
	/* In: tos of IPv4, or flow information of IPv6. Out: the metric. */
	__be32 flowinfo;
	__be32 src[4];
	/* In: the destination. Out: the gateway, or the destination where there is none. */
	__be32 dst[4];
	/* In: a table, in a lookup by table. */
	__u32 tbid;
	__u8 smac[6];
	__u8 dmac[6];
};
ASSERT_SIZE(struct bpf_fib_lookup, 64);

/* bpf.h: a lookup in the table of `tbid`, whatever rules there are. */
#define FIB_LOOKUP_DIRECT 1
#define FIB_LOOKUP_TBID 8
/* bpf.h: a lookup for what the machine itself sends by a device, which is given in place of where it came in. */
#define FIB_LOOKUP_OUTPUT 2
/* rtnetlink.h */
#define MAIN_TABLE 254
enum { FIB_SUCCESS = 0, FIB_NO_NEIGHBOUR = 7, FIB_FRAGMENTATION_NEEDED = 8 };

/* bpf.h: the neighbour of bpf_redirect_neigh(). */
struct bpf_redir_neigh {
	__u32 family;
	__be32 gateway[4];
};
ASSERT_SIZE(struct bpf_redir_neigh, 20);

/* bpf.h: bpf_check_mtu() looks at the segments that a large packet is divided into. */
#define BPF_MTU_CHK_SEGS 1
/* bpf.h: bpf_skb_store_bytes() keeps the sum over the whole packet. */
#define BPF_F_RECOMPUTE_CSUM 1
/* bpf.h: bpf_l4_csum_replace() changes what is summed up of the IP header; leaves out a datagram that has no checksum. */
#define BPF_F_PSEUDO_HDR (1 << 4)
#define BPF_F_MARK_MANGLED_0 (1 << 5)
#define BPF_F_NO_PREALLOC 1
#define BPF_F_MMAPABLE (1 << 10)

/* socket.h, the same on all architectures. */
#define AF_INET 2
#define AF_INET6 10

/* bpf.h: functions by their numbers. */
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_skb_store_bytes)(struct __sk_buff *skb, __u32 offset, const void *from, __u32 len, __u64 flags) = (void *)9;
static long (*const bpf_l4_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 flags) = (void *)11;
static long (*const bpf_skb_pull_data)(struct __sk_buff *skb, __u32 len) = (void *)39;
static long (*const bpf_redirect_map)(void *map, __u64 key, __u64 flags) = (void *)51;
static long (*const bpf_fib_lookup)(void *ctx, struct bpf_fib_lookup *params, __s32 size, __u32 flags) = (void *)69;
static long (*const bpf_probe_read_kernel)(void *to, __u32 size, const void *from) = (void *)113;
static __u64 (*const bpf_jiffies64)(void) = (void *)118;
static long (*const bpf_redirect_neigh)(__u32 ifindex, struct bpf_redir_neigh *params, __s32 size, __u64 flags) = (void *)152;
static __u64 (*const bpf_ktime_get_coarse_ns)(void) = (void *)160;
static long (*const bpf_check_mtu)(void *ctx, __u32 ifindex, __u32 *mtu, __s32 difference, __u64 flags) = (void *)163;

/* bpf.h: kinds of maps. How a map is described to the loader is libbpf's convention of BTF. */
#define MAP_TYPE(number) int (*type)[number]
#define MAP_KEY(t) typeof(t) *key
#define MAP_VALUE(t) typeof(t) *value
#define MAP_KEY_SIZE(number) int (*key_size)[number]
#define MAP_VALUE_SIZE(number) int (*value_size)[number]
#define MAP_ENTRIES(number) int (*max_entries)[number]
#define MAP_FLAGS(number) int (*map_flags)[number]
#define MAP_OF(t) typeof(t) *values[]
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_DEVMAP = 14,
	BPF_MAP_TYPE_DEVMAP_HASH = 25,
};
