/* What is counted. */
#pragma once

#include "maps.h"

INLINE void count_reason(__u32 reason, __u32 bytes)
{
	struct count *count = bpf_map_lookup_elem(&reason_counts, &reason);
	if (count) {
		count->packets++;
		count->bytes += bytes;
	}
}

INLINE void count_member(__u32 place, __u32 bytes)
{
	struct count *count = bpf_map_lookup_elem(&member_counts, &place);
	if (count) {
		count->packets++;
		count->bytes += bytes;
	}
}
