/* What is kept between packets. All maps are pinned, and outlive the process that made them. */
#pragma once

#include "layout.h"

/* By ifindex; written by the control plane, a device each. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_HASH);
	MAP_KEY(__u32);
	MAP_VALUE(struct port);
	MAP_ENTRIES(1024);
} ports SECTION(".maps");

/* Written by the control plane, always as a whole. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(struct digest);
	MAP_ENTRIES(1);
} digests SECTION(".maps");

/* By the longest prefix of the destination: WAY_...; written by the control plane. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_LPM_TRIE);
	MAP_KEY(struct ways4_key);
	MAP_VALUE(__u32);
	MAP_ENTRIES(1 << 20);
	MAP_FLAGS(BPF_F_NO_PREALLOC);
} ways4 SECTION(".maps");

struct {
	MAP_TYPE(BPF_MAP_TYPE_LPM_TRIE);
	MAP_KEY(struct ways6_key);
	MAP_VALUE(__u32);
	MAP_ENTRIES(1 << 20);
	MAP_FLAGS(BPF_F_NO_PREALLOC);
} ways6 SECTION(".maps");

/* The router's own addresses of IPv4: packets that others send in its name are not forwarded. Written by the control plane
 * with the ways to them. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_HASH);
	MAP_KEY(__be32);
	MAP_VALUE(__u32);
	MAP_ENTRIES(4096);
} own4 SECTION(".maps");

/* By their numbers; written by the control plane. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(struct group);
	MAP_ENTRIES(MAX_GROUPS);
} groups SECTION(".maps");

/* IDS for each group; written by the control plane, but for `reach`. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(struct member);
	MAP_ENTRIES(MAX_GROUPS * IDS);
} members SECTION(".maps");

/* By the mark of a member the place of the one that had it last; written by the control plane. What the member there says of its mark
 * is what counts. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(__u32);
	MAP_ENTRIES(MARKS);
} places SECTION(".maps");

/* clang describes types behind the values of inner maps by their names alone, so the sizes are given. */
struct small_array {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY_SIZE(4);
	MAP_VALUE_SIZE(sizeof(struct small_table));
	MAP_ENTRIES(1);
};
struct large_array {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY_SIZE(4);
	MAP_VALUE_SIZE(sizeof(struct large_table));
	MAP_ENTRIES(1);
};

/* By the group's number, the table that shares its packets out: a map of its own, so that the control plane exchanges it
 * as a whole. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY_OF_MAPS);
	MAP_KEY(__u32);
	MAP_ENTRIES(MAX_GROUPS);
	MAP_OF(struct small_array);
} small_tables SECTION(".maps");

struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY_OF_MAPS);
	MAP_KEY(__u32);
	MAP_ENTRIES(MAX_GROUPS);
	MAP_OF(struct large_array);
} large_tables SECTION(".maps");

/* Connections of changed slots; written by the programs while a group drains. The control plane reads it as memory, which
 * has the kernel begin it with a page: each value is one line of the processor's cache. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(struct line);
	MAP_ENTRIES(LINES);
	MAP_FLAGS(BPF_F_MMAPABLE);
} memory SECTION(".maps");

/* By the member's place; written by the control plane, for packets that XDP sends on. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_DEVMAP);
	MAP_KEY(__u32);
	MAP_VALUE(__u32);
	MAP_ENTRIES(MAX_GROUPS * IDS);
} devices SECTION(".maps");

/* By ifindex, the devices that take frames from drivers; written by the control plane, for what leaves as the kernel's routes
 * have it. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_DEVMAP_HASH);
	MAP_KEY(__u32);
	MAP_VALUE(__u32);
	MAP_ENTRIES(1024);
} takers SECTION(".maps");

/* Until when (CLOCK_MONOTONIC, in ns) drivers may rely on what they were told of neighbours and devices; written by the control
 * plane, again and again as long as somebody keeps that up. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(__u64);
	MAP_ENTRIES(1);
} kept_until SECTION(".maps");

/* By TIMEOUT_...; written by the control plane. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(struct timeout);
	MAP_ENTRIES(TIMEOUTS);
} timeouts SECTION(".maps");

#ifdef KNOWS_CONNECTIONS
/* By the hash of packets, two places for each; written by the programs. A map that may be mapped into processes has its values
 * from the beginning of a page on, so that one of them is a line of the processor's caches, too. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(struct remembered);
	MAP_ENTRIES(REMEMBERED);
	MAP_FLAGS(BPF_F_MMAPABLE);
} remembered SECTION(".maps");
#endif

/* When all lines were to be forgotten; written by the control plane. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(__u32);
	MAP_ENTRIES(1);
} all_forgotten SECTION(".maps");

/* Of each member what it has got; written by the programs. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(struct count);
	MAP_ENTRIES(MAX_GROUPS * IDS);
} member_counts SECTION(".maps");

/* Of each reason how often; written by the programs. */
struct {
	MAP_TYPE(BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_KEY(__u32);
	MAP_VALUE(struct count);
	MAP_ENTRIES(REASONS);
} reason_counts SECTION(".maps");
