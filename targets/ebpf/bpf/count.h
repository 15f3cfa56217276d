/* What is counted. */
#pragma once

#include "maps.h"

INLINE void count(void *counts, __u32 place, __u32 bytes)
{
	struct count *count = bpf_map_lookup_elem(counts, &place);
	if (count) {
		count->packets++;
		count->bytes += bytes;
	}
}
