// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which pixels of a line have changed.
 *
 * Most of what clients report as damage is not: page flips carry no damage at
 * all, and toolkits round theirs up generously.  Comparing in ordinary memory
 * costs far less than writing VRAM, where the host has to look at every page
 * that was touched.
 */

#include "frame.h"

/*
 * The longer a run has become, the farther off its end is likely to be: look again
 * after a quarter of its length. So little is compared where all has changed.
 */
static __always_inline size_t next_step(size_t length)
{
	size_t quarter = length / (4 * SHADOW_BLOCK_BYTES) * SHADOW_BLOCK_BYTES;

	return quarter ? quarter : SHADOW_BLOCK_BYTES;
}

/* Eight pixels, and one branch for them all; their X bytes do not matter. */
static __always_inline bool same_block(const void *a, const u64 *b)
{
	u64 differs = (shadow_load_pair(a) ^ b[0]) | (shadow_load_pair(a + 8) ^ b[1]) |
		      (shadow_load_pair(a + 16) ^ b[2]) | (shadow_load_pair(a + 24) ^ b[3]);

	return !(differs & shadow_le64(SHADOW_COLORS));
}

/**
 * shadow_next_span - find the next run of blocks that differ
 * @src: new pixels, XRGB8888, at any alignment
 * @kept: the pixels they are compared with, at a multiple of 8
 * @count: how many pixels there are, a multiple of SHADOW_PIXEL_BLOCK
 * @start: the first pixel of the run
 * @end: where to search from; then one past the last pixel of the run
 *
 * Both are multiples of SHADOW_PIXEL_BLOCK. All that differs is in some run. A run
 * begins and ends with a block that differs. A run of more than eight blocks may have
 * equal ones inside, since the search skips some:
 *
 *	block       0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
 *	differs     -  -  X  X  X  X  X  X  X  X  X  -  X  X  -  -
 *	looked at   1  2  3  4  5  6  7  8  9 10 11    12 14 13      in this order
 *	the run           [================================]
 *
 * Block 14 is equal, so the run ends between 12 and 14: go back from there.
 *
 * Clients may draw into @src meanwhile. What was just read can have another value when
 * it is read again, so nothing may depend on reading the same value twice.
 *
 * Context: Any.
 * Return: Whether there is one; otherwise @start and @end are left alone.
 */
bool shadow_next_span(const void *src, const u32 *kept, u32 count, u32 *start, u32 *end)
{
	const void *a = src, *b = kept;
	size_t size = count * sizeof(u32), at = *end * sizeof(u32), first, last;

	while (at < size && same_block(a + at, b + at))
		at += SHADOW_BLOCK_BYTES;
	if (at >= size)
		return false;

	first = at;
	do {
		last = at;
		at += next_step(at - first);
	} while (at < size && !same_block(a + at, b + at));

	/* the run ended between last and here: go back */
	if (at > size)
		at = size;
	do {
		at -= SHADOW_BLOCK_BYTES;
	} while (at > last && same_block(a + at, b + at));

	*start = first / sizeof(u32);
	*end = at / sizeof(u32) + SHADOW_PIXEL_BLOCK;
	return true;
}
