/* What is remembered of connections, and for how long: a line holds as many as it has words, and forgets the one that was not
 * seen for longest.
 *
 * A word is written by one store, so that other processors see the one before or the one behind, and nothing in between. It
 * is exchanged only where it is still the one that was read: two processors that write to a line at a time don't lose
 * what the other one has just remembered. */
#pragma once

#include "hash.h"
#include "maps.h"

#define BELOW(bit) ((1ULL << (bit)) - 1)
/* What a connection is known by, of a word. */
#define WORD_TAG (BELOW(WORD_TIME) & ~BELOW(WORD_GROUP))
/* So often it is tried to remember a connection. */
#define TRIES 2

/* A connection, as it is looked for. */
struct memo {
	struct line *line;
	__u64 tag;
	/* Now, as words have it, with all lower bits set. */
	__u64 clock;
	/* What was found, 0 for nothing, and where. */
	__u64 word;
	__u64 place;
};

INLINE __u64 read_once(const __u64 *word)
{
	return *(const volatile __u64 *)word;
}

/* Looks for a connection. Without a branch for each word: the processor would guess wrong where a connection stands, and begin
 * anew behind the wait for the line. */
INLINE void recall(struct memo *memo)
{
	__u64 found = 0, place = 0;
#pragma unroll
	for (int i = 0; i < WORDS; i++) {
		__u64 word = read_once(&memo->line->words[i]);
		__u64 differs = (word ^ memo->tag) & WORD_TAG;
		/* All ones where nothing differs; bits above the tag's are none. */
		__u64 is_same = (__u64)((__s64)(differs - 1) >> 63);
		/* Knowing that it is all ones or none, the verifier of Linux 6.18 would follow both for each word. */
		FORGET_VALUE(is_same, memo->tag);
		/* Two processors may have remembered the same at a time: the last one counts. */
		found = (found & ~is_same) | (word & is_same);
		place = (place & ~is_same) | (i & is_same);
	}
	memo->word = found;
	memo->place = place;
}

/* The line of a connection, by a hash over all that names it, which is not the one that the group shares by. */
INLINE int find_memo(__u32 group, const struct group *about, const struct flow_key *key, __u32 hash, __u64 time,
		     struct memo *memo)
{
	__u64 both = hash_both(key, FIELDS_ALL, about->seed);
	__u32 number = both & (LINES - 1);
	memo->line = bpf_map_lookup_elem(&memory, &number);
	if (!memo->line)
		return 0;
	memo->tag = (__u64)group << WORD_GROUP |
		    (__u64)(hash >> (32 - (WORD_SIGNATURE - WORD_HASH))) << WORD_HASH |
		    both >> (64 - (WORD_TIME - WORD_SIGNATURE)) << WORD_SIGNATURE |
		    /* No connection is known as a free word is. */
		    1ULL << WORD_SIGNATURE;
	memo->clock = (time >> CLOCK_SHIFT) << WORD_TIME | BELOW(WORD_TIME);
	recall(memo);
	return 1;
}

/* The member that it says; MAX_IDS or more for none. */
INLINE __u32 member_of(__u64 word)
{
	return (word & BELOW(WORD_BORN)) - 1;
}

/* Whether it means the member that has this place now, and not one before it. */
INLINE int means(__u64 word, const struct member *member)
{
	return !((word ^ (__u64)member->born << WORD_BORN) & BELOW(WORD_GROUP) & ~BELOW(WORD_BORN));
}

INLINE int exchange(struct memo *memo, __u64 word)
{
	/* The verifier of Linux 6.1 does not know how few they are, and later ones would follow each place. */
	__u32 place = memo->place;
	FORGET_VALUE(place, memo->word);
	place &= WORDS - 1;
	return __sync_val_compare_and_swap(&memo->line->words[place], memo->word, word) == memo->word;
}

/* Notes that a known connection has been seen: once in a unit of time, so that not every packet writes. */
INLINE void note(struct memo *memo)
{
	if ((memo->word ^ memo->clock) >> WORD_TIME)
		exchange(memo, (memo->word & BELOW(WORD_TIME)) | (memo->clock & ~BELOW(WORD_TIME)));
}

/* Finds the word that was not seen for longest; one that is free, if there is any. */
INLINE void find_oldest(struct memo *memo)
{
	__u64 longest = 0;
#pragma unroll
	for (int i = 0; i < WORDS; i++) {
		__u64 word = read_once(&memo->line->words[i]);
		__u64 age = word ? memo->clock - word : ~0ULL;
		if (age > longest) {
			longest = age;
			memo->word = word;
			memo->place = i;
		}
	}
}

/* Remembers where a connection goes, in place of what was remembered of it. */
INLINE void remember(struct memo *memo, __u32 id, const struct member *member)
{
	__u64 word = memo->tag | (memo->clock & ~BELOW(WORD_TIME)) | (id + 1) << WORD_MEMBER |
		     (member->born & BELOW(WORD_GROUP - WORD_BORN)) << WORD_BORN;
	if (memo->word && exchange(memo, word))
		return;
	for (int i = 0; i < TRIES; i++) {
		find_oldest(memo);
		if (exchange(memo, word))
			return;
	}
}
