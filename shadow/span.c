// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which pixels of a line have changed.
 *
 * Most of what clients report as damage is not: page flips carry no damage at
 * all, and toolkits round theirs up generously.  Comparing in ordinary memory
 * costs far less than writing VRAM, where the host has to look at every page
 * that was touched.
 */

#include "layout.h"

/*
 * After so many changed blocks in a row, the next ones are likely to have changed
 * too: only each fourth is looked at. This is what keeps comparing cheap where it
 * is in vain, as in a video.
 */
#define LONG_RUN	(8 * SHADOW_BLOCK_BYTES)
#define LONG_STEP	(4 * SHADOW_BLOCK_BYTES)

/* Eight pixels, and one branch for them all; their X bytes do not matter. */
static __always_inline bool same_block(const void *a, const u64 *b)
{
	u64 differs = (shadow_load_pair(a) ^ b[0]) | (shadow_load_pair(a + 8) ^ b[1]) |
		      (shadow_load_pair(a + 16) ^ b[2]) | (shadow_load_pair(a + 24) ^ b[3]);

	return !(differs & 0x00ffffff00ffffffull);
}

/**
 * shadow_next_span - find the next run of blocks that differ
 * @src: new pixels, XRGB8888, at any alignment
 * @old: the pixels they are compared with, at a multiple of 8
 * @count: how many pixels there are, a multiple of SHADOW_PIXEL_BLOCK
 * @start: the first pixel of the run
 * @end: where to search from; then one past the last pixel of the run
 *
 * Both are multiples of SHADOW_PIXEL_BLOCK. All that differs is in some run. A run
 * begins with a block that differs, but may have up to three more than needed at
 * its end, and some inside.
 *
 * Clients may draw into @src meanwhile: what was just read can have another
 * value when read again, and nothing may depend on its having not.
 *
 * Context: Any.
 * Return: Whether there is one; otherwise @start and @end are left alone.
 */
bool shadow_next_span(const void *src, const u32 *old, u32 count, u32 *start, u32 *end)
{
	const void *a = src, *b = old;
	size_t size = count * sizeof(u32), at = *end * sizeof(u32), first;

	while (at < size && same_block(a + at, b + at))
		at += SHADOW_BLOCK_BYTES;
	if (at >= size)
		return false;

	first = at;
	do {
		at += at - first < LONG_RUN ? SHADOW_BLOCK_BYTES : LONG_STEP;
	} while (at < size && !same_block(a + at, b + at));

	*start = first / sizeof(u32);
	*end = (at < size ? at : size) / sizeof(u32);
	return true;
}
