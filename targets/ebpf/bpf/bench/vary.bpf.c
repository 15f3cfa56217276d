/* What the measurements need: packets of many connections, programs to compare with, and an end for what has left. */
#include "../headers.h"

/* bpf.h, as far as kernel.h has not got it. */
enum { XDP_DROP = 1, XDP_TX = 3, TC_ACT_SHOT = 2 };
enum { BPF_MAP_TYPE_PROG_ARRAY = 3 };
static long (*const bpf_tail_call)(void *context, void *programs, __u32 index) = (void *)12;

/* The packets of a run. */
struct variety {
	/* Ethernet's header and that of IP, from the address that ends in zeros; a checksum is right for that one. */
	__u64 header[7];
	/* So many packets were there. */
	__u32 next;
	/* Odd: how far apart connections are that come one after the other. */
	__u32 stride;
	/* The number of connections, a power of two, less one. */
	__u32 mask;
	__u32 is_ipv6;
};
ASSERT_SIZE(struct variety, 72);

struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(struct variety);
	MAP_ENTRIES(1);
} varieties SECTION(".maps");

/* The program that is measured, of each kind. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_PROG_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(__u32);
	MAP_ENTRIES(1);
} measured_xdp SECTION(".maps");

struct {
	MAP_TYPE(BPF_MAP_TYPE_PROG_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(__u32);
	MAP_ENTRIES(1);
} measured_tc SECTION(".maps");

/* Devices that are sent out by, in turn. */
#define CABLES 16
struct {
	MAP_TYPE(BPF_MAP_TYPE_DEVMAP);
	MAP_KEY(__u32);
	MAP_VALUE(__u32);
	MAP_ENTRIES(CABLES);
} cables SECTION(".maps");

struct {
	MAP_TYPE(BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(__u32);
	MAP_ENTRIES(1);
} turns SECTION(".maps");

/* What has come to its end. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(__u64);
	MAP_ENTRIES(1);
} ended SECTION(".maps");

/* Makes a packet one of the next connection. All of both headers is written: a frame is used again as the program before
 * has left it. */
INLINE void vary(void *data, void *data_end)
{
	__u32 first = 0;
	struct variety *variety = bpf_map_lookup_elem(&varieties, &first);
	if (!variety)
		return;
	__u32 number = variety->next++ * variety->stride & variety->mask;
	__u64 *words = data;
	struct ethernet *ethernet = data;
	struct ports *ports;
	if (variety->is_ipv6) {
		struct ipv6 *ip = (void *)(ethernet + 1);
		ports = (void *)(ip + 1);
		if ((void *)(ports + 1) > data_end)
			return;
#pragma unroll
		for (int i = 0; i < 6; i++)
			words[i] = variety->header[i];
		*(__u32 *)(words + 6) = variety->header[6];
		*(__u16 *)(data + 52) = variety->header[6] >> 32;
		ip->source[3] = __builtin_bswap32(number);
	} else {
		struct ipv4 *ip = (void *)(ethernet + 1);
		ports = (void *)(ip + 1);
		if ((void *)(ports + 1) > data_end)
			return;
#pragma unroll
		for (int i = 0; i < 4; i++)
			words[i] = variety->header[i];
		*(__u16 *)(words + 4) = variety->header[4];
		ip->source |= __builtin_bswap32(number);
		/* RFC 1624: the words that were zero are added. */
		__u32 sum = (__u16)~ip->checksum;
		sum += htons((__u16)number);
		sum += htons((__u16)(number >> 16));
		sum = (sum & 0xffff) + (sum >> 16);
		sum += sum >> 16;
		ip->checksum = ~sum;
	}
	ports->source = htons((__u16)(1024 + (number & 0x7fff)));
}

SECTION("xdp")
int vary_xdp(struct xdp_md *context)
{
	vary((void *)(long)context->data, (void *)(long)context->data_end);
	bpf_tail_call(context, &measured_xdp, 0);
	return 0;
}

SECTION("classifier")
int vary_tc(struct __sk_buff *skb)
{
	vary((void *)(long)skb->data, (void *)(long)skb->data_end);
	bpf_tail_call(skb, &measured_tc, 0);
	return TC_ACT_SHOT;
}

/* Sends each frame out by the device that the run names. */
SECTION("xdp")
int generate_xdp(struct xdp_md *context)
{
	vary((void *)(long)context->data, (void *)(long)context->data_end);
	return XDP_TX;
}

SECTION("xdp")
int pass_xdp(struct xdp_md *context)
{
	(void)context;
	return XDP_PASS;
}

SECTION("classifier")
int pass_tc(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_UNSPEC;
}

/* Sends frames out by the next cable each, whatever is in them: what no program can do in less. */
SECTION("xdp")
int redirect_xdp(struct xdp_md *context)
{
	(void)context;
	__u32 first = 0;
	__u32 *turn = bpf_map_lookup_elem(&turns, &first);
	return turn ? bpf_redirect_map(&cables, (*turn)++ % CABLES, 0) : XDP_PASS;
}

INLINE void count_end(void)
{
	__u32 first = 0;
	__u64 *count = bpf_map_lookup_elem(&ended, &first);
	if (count)
		++*count;
}

SECTION("xdp")
int end_xdp(struct xdp_md *context)
{
	(void)context;
	count_end();
	return XDP_DROP;
}

SECTION("classifier")
int end_tc(struct __sk_buff *skb)
{
	(void)skb;
	count_end();
	return TC_ACT_SHOT;
}

char LICENSE[] SECTION("license") = "Dual MIT/GPL";
