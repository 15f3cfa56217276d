/* Forwards packets without the stack. What it does not take on, the stack does. */
#include "tc_forward.h"
#include "xdp_forward.h"

SECTION("classifier")
int forward_tc(struct __sk_buff *skb)
{
	struct packet packet = {};
	int verdict = TC_ACT_UNSPEC;
	int reason = tc_forward(skb, &packet, &verdict);
	count(&reason_counts, reason, packet.length);
	return verdict;
}

SECTION("xdp")
int forward_xdp(struct xdp_md *context)
{
	struct packet packet = {};
	int verdict = XDP_PASS;
	int reason = xdp_forward(context, &packet, &verdict);
	/* What the stack gets is counted at traffic control, where it comes by. */
	if (reason == FORWARDED_BY_GROUP || reason == FORWARDED_BY_CONNECTION || reason == STACK_UNRESOLVED)
		count(&reason_counts, reason, packet.length);
	return verdict;
}

/* Under MIT; the kernel, which keeps some functions to what is compatible with its own licence, knows it by this name. */
char LICENSE[] SECTION("license") = "Dual MIT/GPL";
