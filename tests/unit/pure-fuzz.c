// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A target for libFuzzer, which finds inputs that take new paths through
 * layouts and spans.
 *
 * An input is an adapter, a size of VRAM and a mode; then the line to compare: its
 * alignment, and a byte for each block of it.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "pure-checks.h"

struct input {
	u8 adapter, vram, skew;
	u8 width[2], height[2];
	u8 blocks[];
};

static u32 number(const u8 *bytes)
{
	return bytes[0] | bytes[1] << 8;
}

static void fuzz_layout(const struct input *input)
{
	static const struct shadow_limits *const limits[] = {
		&vga, &bochs_emulator, &bochs_display, &cirrus
	};
	u32 adapter = input->adapter % 4;
	/* Cirrus has 4, 8 or 16 MiB, the others have from 1 to 256 */
	u32 vram = adapter == 3 ? 4 * MIB << input->vram % 3 : MIB << input->vram % 9;

	check_layout(limits[adapter], vram, number(input->width), number(input->height));
}

/* Zero is a block that is the same; the rest says which bit of its pixels, X or not, differs. */
static void fuzz_spans(const struct input *input, size_t blocks)
{
	u32 count = blocks * SHADOW_PIXEL_BLOCK, skew = input->skew % 8, i;
	/* from the heap, to the byte: the sanitizer sees any read beyond the ends */
	u32 *old = calloc(count, 4);
	u8 *buffer = calloc(skew + count * 4, 1), *src = buffer + skew;

	for (i = 0; i < blocks; i++)
		if (input->blocks[i])
			src[i * SHADOW_BLOCK_BYTES + input->blocks[i] / 8] = 1 << input->blocks[i] % 8;
	check_spans(src, old, count);
	free(buffer);
	free(old);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct input *input = (const void *)data;

	if (size < sizeof(*input))
		return 0;
	fuzz_layout(input);
	fuzz_spans(input, size - sizeof(*input));
	return 0;
}
