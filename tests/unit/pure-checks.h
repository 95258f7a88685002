/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds for every layout and every span: for tests with random inputs and
 * for the fuzzer.
 */
#ifndef PURE_CHECKS_H
#define PURE_CHECKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "frame.h"

#include "../../bochs/limits.h"
#include "../../cirrus/limits.h"

#define MIB		(1024 * 1024u)
#define CURSOR		(4 * MIB - 16 * 1024)	/* where Cirrus has its cursor's pattern */

static const struct shadow_limits vga = BOCHS_VGA_LIMITS;
static const struct shadow_limits bochs_emulator = BOCHS_EMULATOR_LIMITS;
static const struct shadow_limits bochs_display = BOCHS_DISPLAY_LIMITS;
static const struct shadow_limits cirrus = CIRRUS_LIMITS;

/* Layout */

/* The picture is in VRAM, in one piece from address 0 on or in two that do not overlap. */
static void check_place(const struct shadow_limits *limits, u32 vram,
			const struct shadow_layout *layout)
{
	u64 upper = (u64)layout->split * layout->pitch;
	u64 lower = (u64)(layout->height - layout->split) * layout->pitch;
	u32 run = shadow_layout_run(layout, 0);

	assert_int_equal(run, layout->split);
	assert_int_equal(shadow_layout_run(layout, run - 1), 1);
	if (run < layout->height)
		assert_int_equal(shadow_layout_run(layout, run), layout->height - run);

	assert_int_equal(shadow_layout_offset(layout, 0), layout->start);
	assert_true(layout->start + upper <= vram);
	if (layout->height <= limits->flat_height) {
		assert_int_equal(layout->start, 0);
		assert_int_equal(layout->split, layout->height);
		return;
	}

	/* Cirrus */
	assert_int_equal(layout->split, 1024);
	assert_int_equal(shadow_layout_offset(layout, 1023), layout->start + 1023 * layout->pitch);
	assert_int_equal(shadow_layout_offset(layout, 1024), 0);
	assert_int_equal(shadow_layout_offset(layout, layout->height - 1), lower - layout->pitch);
	assert_true(lower <= layout->start);
	/* the start address has 20 bits, in units of 4 bytes, and the lowest 8 are not written */
	assert_true(layout->start < 4 * MIB);
	assert_int_equal(layout->start % 1024, 0);
	if (vram == 4 * MIB) {
		/* QEMU converts the picture since it seems to exceed VRAM */
		assert_true(layout->start + upper + lower > vram);
	} else {
		/* and here because of a cursor, whose pattern is clear of the picture */
		assert_true(lower <= CURSOR);
		assert_true(layout->start >= CURSOR + 256);
	}
}

static void check_layout(const struct shadow_limits *limits, u32 vram, u32 width, u32 height)
{
	struct shadow_layout layout;
	u32 deepest = 0, pitch;
	const u8 *cpp;

	/* every format that would fit, counted out without the code under test */
	for (cpp = limits->cpp; *cpp && !deepest; cpp++) {
		pitch = (width + 7) / 8 * 8 * *cpp;
		if (pitch <= limits->max_pitch && (u64)pitch * height <= vram)
			deepest = *cpp;
	}
	if (width < 64 || width > limits->max_width || height < 64 ||
	    height > limits->max_height || (height > limits->flat_height && height % 2))
		deepest = 0;

	if (!shadow_layout_fit(limits, vram, width, height, &layout)) {
		assert_int_equal(deepest, 0);
		return;
	}

	assert_int_equal(layout.cpp, deepest);
	assert_int_equal(layout.width, width);
	assert_int_equal(layout.height, height);
	assert_true(layout.scan_width >= width && layout.scan_width < width + limits->width_step);
	assert_int_equal(layout.scan_width % limits->width_step, 0);
	assert_true(layout.pitch >= layout.scan_width * layout.cpp);
	assert_true(layout.pitch <= limits->max_pitch);
	check_place(limits, vram, &layout);
	/* whole 64-bit words; QEMU dies of 16 bpp lines that are not of 32-bit ones */
	assert_int_equal(layout.pitch % 8, 0);
	/* bochs-display is told the pitch in pixels */
	assert_int_equal(layout.pitch % layout.cpp, 0);
}

/* Spans */

/* Whether eight pixels are the same, byte by byte, but for the X */
static bool same_block(const u8 *src, const u32 *old)
{
	u32 i;

	for (i = 0; i < 8; i++)
		if (memcmp(src + i * 4, &old[i], 3))
			return false;
	return true;
}

/* The longer a run, the farther away is the next block that is looked at. */
static u32 blocks_looked_at(u32 run)
{
	u32 block, looked = 0;

	for (block = 0; block < run; block += block < 8 ? 1 : block / 4)
		looked++;
	return looked;
}

/* All that differs is in some run, and hardly anything else is. */
static void check_spans(const u8 *src, const u32 *old, u32 count)
{
	u32 start = 0, end = 0, last, x, changed;

	for (;;) {
		last = end;
		if (!shadow_next_span(src, old, count, &start, &end))
			start = end = count;
		assert_true(last <= start && start <= end && end <= count);
		assert_int_equal(start % 8, 0);
		assert_int_equal(end % 8, 0);

		for (x = last; x < start; x += 8)
			assert_true(same_block(src + x * 4, old + x));
		if (start == count)
			return;

		assert_false(same_block(src + start * 4, old + start));
		assert_false(same_block(src + (end - 8) * 4, old + end - 8));
		for (x = start, changed = 0; x < end; x += 8)
			changed += !same_block(src + x * 4, old + x);
		if ((end - start) / 8 <= 8)
			assert_int_equal(changed, (end - start) / 8);
		else
			assert_true(changed >= blocks_looked_at((end - start) / 8));
	}
}

#endif
