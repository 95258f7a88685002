// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which pixels of a line have changed.
 *
 * Most of what clients report as damage is not: page flips carry no damage at
 * all, and toolkits round theirs up generously.  Comparing in ordinary memory
 * costs far less than writing VRAM, where the host has to look at every page
 * that was touched.
 */

#include <linux/string.h>

#include "layout.h"

/* A client's framebuffer may start at any byte: no aligned loads from it. */
static u64 load64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static u32 load32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* One pixel; its X byte does not matter. */
static bool same4(const u8 *a, const u8 *b)
{
	return !((load32(a) ^ load32(b)) & 0x00ffffff);
}

/* Eight pixels, one branch for them all */
static bool same32(const u8 *a, const u8 *b)
{
	u64 differs = (load64(a) ^ load64(b)) | (load64(a + 8) ^ load64(b + 8)) |
		      (load64(a + 16) ^ load64(b + 16)) | (load64(a + 24) ^ load64(b + 24));

	return !(differs & 0x00ffffff00ffffffull);
}

/**
 * shadow_span - find the first and the last pixel that differ
 * @src: new pixels, XRGB8888, at any alignment
 * @old: the pixels they are compared with
 * @count: how many pixels there are
 * @start: the first pixel that differs
 * @end: one past the last pixel that differs
 *
 * Clients may draw into @src meanwhile: what was just read can have another
 * value when read again, and nothing may depend on its having not.
 *
 * Context: Any.
 * Return: Whether any pixel differs; @start and @end are only set if so, and
 * 0 <= @start < @end <= @count.
 */
bool shadow_span(const void *src, const u32 *old, u32 count, u32 *start, u32 *end)
{
	const u8 *a = src, *b = (const u8 *)old;
	size_t first = 0, last = (size_t)count * 4;

	while (last - first >= 32 && same32(a + first, b + first))
		first += 32;
	while (first < last && same4(a + first, b + first))
		first += 4;
	if (first == last)
		return false;

	/* stop at the pixel just found, which may not differ any more */
	while (last - first > 32 && same32(a + last - 32, b + last - 32))
		last -= 32;
	while (last - first > 4 && same4(a + last - 4, b + last - 4))
		last -= 4;

	*start = first / 4;
	*end = last / 4;
	return true;
}
