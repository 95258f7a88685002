// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pure functions of the core against naive references, on all or on random
 * inputs.  UNIT_SEED=NUMBER repeats a run.
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "layout.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MIB		(1024 * 1024u)

/* What the two kinds of adapter can do, as in bochs/bochs.c */
static const struct shadow_limits vga = { 64, 64, 16000, 12000, 8, { 4, 3, 2 } };
static const struct shadow_limits bochs_display = { 64, 64, 16000, 12000, 1, { 4, 2 } };

static u32 random_below(u32 limit)
{
	return ((u32)random() << 16 ^ (u32)random()) % limit;
}

/*
 * Layout
 */

static void check_layout(const struct shadow_limits *limits, u32 vram, u32 width, u32 height)
{
	struct shadow_layout layout;
	u32 deepest = 0, block;
	const u8 *cpp;

	/* every format that would fit, counted out without the code under test */
	block = (width + 7) / 8;
	for (cpp = limits->cpp; *cpp; cpp++)
		if (!deepest && (u64)block * 8 * *cpp * height <= vram)
			deepest = *cpp;

	if (!shadow_layout_fit(limits, vram, width, height, &layout)) {
		assert_int_equal(deepest, 0);
		return;
	}

	assert_int_equal(layout.cpp, deepest);
	assert_int_equal(layout.width, width);
	assert_int_equal(layout.height, height);
	assert_in_range(layout.scan_width, width, width + limits->width_step - 1);
	assert_int_equal(layout.scan_width % limits->width_step, 0);
	assert_true(layout.pitch >= layout.scan_width * layout.cpp);
	assert_true((u64)layout.pitch * layout.height <= vram);
	/* whole 64-bit words; QEMU dies of 16 bpp lines that are not of 32-bit ones */
	assert_int_equal(layout.pitch % 8, 0);
	/* bochs-display is told the pitch in pixels */
	assert_int_equal(layout.pitch % layout.cpp, 0);
}

static void test_layout_every_width(void **state)
{
	static const u32 heights[] = { 64, 480, 767, 768, 1080, 2160, 4097, 12000 };
	u32 width, vram, i;

	(void)state;
	for (vram = MIB; vram <= 256 * MIB; vram *= 4)
		for (width = 64; width <= 16000; width++)
			for (i = 0; i < ARRAY_SIZE(heights); i++) {
				check_layout(&vga, vram, width, heights[i]);
				check_layout(&bochs_display, vram, width, heights[i]);
			}
}

static void test_layout_promises(void **state)
{
	static const struct {
		const struct shadow_limits *limits;
		u32 mib, width, height, scan_width, cpp;
	} promises[] = {
		{ &vga, 16, 1920, 1080, 1920, 4 },
		{ &vga, 16, 2560, 1600, 2560, 4 },
		{ &vga, 16, 3840, 2160, 3840, 2 },
		{ &vga, 4, 1920, 1080, 1920, 2 },
		{ &vga, 4, 1280, 1024, 1280, 3 },
		{ &vga, 16, 1366, 768, 1368, 4 },
		{ &vga, 1, 640, 480, 640, 3 },
		{ &bochs_display, 16, 1366, 768, 1366, 4 },
		{ &bochs_display, 16, 3840, 2160, 3840, 2 },
		{ &bochs_display, 4, 1280, 1024, 1280, 2 },
	};
	struct shadow_layout layout;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(promises); i++) {
		assert_true(shadow_layout_fit(promises[i].limits, promises[i].mib * MIB,
					      promises[i].width, promises[i].height, &layout));
		assert_int_equal(layout.scan_width, promises[i].scan_width);
		assert_int_equal(layout.cpp, promises[i].cpp);
	}
}

static void test_layout_refuses(void **state)
{
	static const struct { u32 width, height; } sizes[] = {
		{ 0, 0 }, { 63, 480 }, { 640, 63 }, { 16001, 480 }, { 640, 12001 },
		{ UINT32_MAX, 480 }, { 640, UINT32_MAX }, { UINT32_MAX, UINT32_MAX },
		{ 16000, 12000 },
	};
	struct shadow_layout layout, untouched;
	u32 i;

	(void)state;
	memset(&layout, 0x5a, sizeof(layout));
	untouched = layout;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_false(shadow_layout_fit(&vga, 256 * MIB, sizes[i].width, sizes[i].height,
					       &layout));
		assert_memory_equal(&layout, &untouched, sizeof(layout));
	}
}

static void test_layout_equal(void **state)
{
	struct shadow_layout a = { 1, 2, 3, 4, 5 }, b = a;
	u32 *field = (u32 *)&b;
	u32 i;

	(void)state;
	assert_true(shadow_layout_equal(&a, &b));
	for (i = 0; i < sizeof(b) / sizeof(*field); i++) {
		field[i]++;
		assert_false(shadow_layout_equal(&a, &b));
		field[i]--;
	}
}

/*
 * Spans
 */

/* Change up to two pixels of a line, and X bytes, at any alignment of the source. */
static void check_span(u32 count, u32 changes)
{
	u32 first = count, last = 0, skew = random_below(8), start, end, at, i;
	/* from the heap, to the byte: the sanitizer sees any read beyond the ends */
	u32 *old = malloc(count * 4);
	u8 *buffer = malloc(skew + count * 4), *src = buffer + skew;
	bool differs;

	for (i = 0; i < count; i++)
		old[i] = random_below(UINT32_MAX);
	memcpy(src, old, count * 4);
	for (i = 0; i < count; i++)
		src[i * 4 + 3] = random_below(256);

	for (i = 0; i < changes && count; i++) {
		at = random_below(count);
		/* one byte differs, and which one is up to chance */
		src[at * 4 + random_below(3)] ^= 1 + random_below(255);
	}
	for (i = 0; i < count; i++) {
		if (memcmp(src + i * 4, &old[i], 3)) {
			first = i < first ? i : first;
			last = i + 1;
		}
	}

	differs = shadow_span(src, old, count, &start, &end);
	assert_int_equal(differs, last != 0);
	if (differs) {
		assert_int_equal(start, first);
		assert_int_equal(end, last);
	}

	free(buffer);
	free(old);
}

static void test_span_random(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < 200000; i++)
		check_span(random_below(200), random_below(3));
}

/* A client that draws and undoes it, over and over, until it is told to stop. */
static void *draw(void *line)
{
	volatile u32 *pixels = line;

	while (!pixels[0])
		pixels[40] = !pixels[40];
	return NULL;
}

/* The pixel that differs may be gone when it is looked at again. */
static void test_span_while_drawing(void **state)
{
	static u32 old[64], src[64];
	u32 start, end, i;
	pthread_t client;

	(void)state;
	assert_int_equal(pthread_create(&client, NULL, draw, src), 0);
	for (i = 0; i < 20000000; i++) {
		if (!shadow_span(src + 1, old + 1, 63, &start, &end))
			continue;
		assert_true(start < end);
		assert_true(end <= 63);
	}
	*(volatile u32 *)src = 1;
	pthread_join(client, NULL);
}

/*
 * Conversion
 */

/* The number that the bytes of a scanout pixel make */
static u32 naive(u32 xrgb, u32 cpp)
{
	u32 r = xrgb >> 16 & 255, g = xrgb >> 8 & 255, b = xrgb & 255;

	if (cpp == 3)
		return r * 65536 + g * 256 + b;
	return r / 8 * 2048 + g / 4 * 32 + b / 8;
}

static void check_convert(u32 count, u32 cpp)
{
	u32 src[100] = { 0 }, pixel, i, byte;
	u8 dst[100 * 3 + 1];

	for (i = 0; i < count; i++)
		src[i] = random_below(UINT32_MAX);
	memset(dst, 0xa5, sizeof(dst));
	shadow_convert_line(dst, src, count, cpp);

	for (i = 0; i < count; i++) {
		for (pixel = 0, byte = 0; byte < cpp; byte++)
			pixel |= dst[i * cpp + byte] << (byte * 8);
		assert_int_equal(pixel, naive(src[i], cpp));
	}
	assert_int_equal(dst[count * cpp], 0xa5);
}

static void test_convert_random(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		check_convert(random_below(101), 3);
		check_convert(random_below(101), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout_every_width),
		cmocka_unit_test(test_layout_promises),
		cmocka_unit_test(test_layout_refuses),
		cmocka_unit_test(test_layout_equal),
		cmocka_unit_test(test_span_random),
		cmocka_unit_test(test_span_while_drawing),
		cmocka_unit_test(test_convert_random),
	};
	const char *chosen = getenv("UNIT_SEED");
	unsigned int seed = chosen ? strtoul(chosen, NULL, 0) : (unsigned int)time(NULL);

	printf("UNIT_SEED=%u\n", seed);
	srandom(seed);

	return cmocka_run_group_tests(tests, NULL, NULL);
}
