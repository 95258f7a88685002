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

#include "pure-checks.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static u32 random_below(u32 limit)
{
	return ((u32)random() << 16 ^ (u32)random()) % limit;
}

/*
 * Layout
 */

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

static void test_layout_cirrus_every_size(void **state)
{
	u32 width, height, vram;

	(void)state;
	for (vram = 4 * MIB; vram <= 16 * MIB; vram *= 2)
		for (width = 8; width <= 2048; width++)
			for (height = 1; height <= 2050; height++)
				check_layout(&cirrus, vram, width, height);
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
		{ &cirrus, 4, 1016, 768, 1016, 4 },
		{ &cirrus, 4, 1024, 768, 1024, 3 },
		{ &cirrus, 4, 1280, 720, 1280, 3 },
		{ &cirrus, 4, 1280, 800, 1280, 3 },
		{ &cirrus, 4, 1280, 1024, 1280, 3 },
		{ &cirrus, 4, 1360, 768, 1360, 3 },
		{ &cirrus, 4, 1440, 900, 1440, 2 },
		{ &cirrus, 4, 1600, 900, 1600, 2 },
		{ &cirrus, 4, 1600, 1200, 1600, 2 },
		{ &cirrus, 4, 1920, 1080, 1920, 2 },
		{ &cirrus, 8, 1920, 1200, 1920, 2 },
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
	struct shadow_layout a = { 1, 2, 3, 4, 5, 6, 7 }, b = a;
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

/* A line whose blocks have changed or not, more or less of them, at any alignment */
static void check_random_spans(u32 count, u32 changed_of_16)
{
	u32 skew = random_below(8), i, x;
	/* from the heap, to the byte: the sanitizer sees any read beyond the ends */
	u32 *old = malloc(count * 4);
	u8 *buffer = malloc(skew + count * 4), *src = buffer + skew;

	for (i = 0; i < count; i++)
		old[i] = random_below(UINT32_MAX);
	memcpy(src, old, count * 4);
	for (i = 0; i < count; i++)
		src[i * 4 + 3] = random_below(256);
	for (x = 0; x < count; x += 8)
		if (random_below(16) < changed_of_16)
			/* one byte of one pixel differs */
			src[(x + random_below(8)) * 4 + random_below(3)] ^= 1 + random_below(255);

	check_spans(src, old, count);
	free(buffer);
	free(old);
}

static void test_spans_random(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < 200000; i++)
		check_random_spans(random_below(40) * 8, random_below(17));
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
static void test_spans_while_drawing(void **state)
{
	static u32 old[64] __attribute__((aligned(8))), src[65];
	u32 start, end, i;
	pthread_t client;

	(void)state;
	assert_int_equal(pthread_create(&client, NULL, draw, src), 0);
	for (i = 0; i < 10000000; i++) {
		for (start = end = 0; shadow_next_span(src + 1, old, 64, &start, &end);) {
			assert_true(start < end);
			assert_true(end <= 64);
		}
	}
	*(volatile u32 *)src = 1;
	pthread_join(client, NULL);
}

/*
 * Conversion
 */

/* Bayer's matrix by its recursive definition, which begins with a 2 x 2 one */
static u32 bayer(u32 x, u32 y)
{
	static const u32 two[2][2] = { { 0, 2 }, { 3, 1 } };

	return 4 * two[y % 2][x % 2] + two[y / 2 % 2][x / 2 % 2];
}

/* A channel in fewer bits: scaled, so that 255 becomes the largest number that needs no more */
static u32 reduce(u32 level, u32 bits, u32 threshold)
{
	u32 cut = 1 << (8 - bits);

	return (level - level / (256 / cut) + threshold * cut / 16) / cut;
}

/* The number that the bytes of a scanout pixel make */
static u32 naive(u32 xrgb, u32 cpp, u32 x, u32 y, bool dither)
{
	u32 r = xrgb >> 16 & 255, g = xrgb >> 8 & 255, b = xrgb & 255;
	u32 threshold = dither ? bayer(x, y) : 8;

	if (cpp == 3)
		return r * 65536 + g * 256 + b;
	return reduce(r, 5, threshold) * 2048 + reduce(g, 6, threshold) * 32 +
	       reduce(b, 5, threshold);
}

static void check_convert(u32 count, u32 cpp, bool dither)
{
	u32 old[104 + 1] __attribute__((aligned(8))), src[104] = { 0 };
	u32 y = random_below(3000), skew = random_below(8), pixel, i, byte;
	u8 unaligned[sizeof(src) + 8];
	u64 vram[104 / 2 + 1];

	for (i = 0; i < count; i++)
		src[i] = random_below(UINT32_MAX);
	memcpy(unaligned + skew, src, sizeof(src));
	memset(vram, 0xa5, sizeof(vram));
	memset(old, 0xa5, sizeof(old));
	shadow_write_blocks(vram, old, unaligned + skew, count, cpp, y, dither);

	for (i = 0; i < count; i++) {
		for (pixel = 0, byte = 0; byte < cpp; byte++)
			pixel |= (u32)((u8 *)vram)[i * cpp + byte] << (byte * 8);
		assert_int_equal(pixel, cpp == 4 ? src[i] : naive(src[i], cpp, i, y, dither));
	}
	assert_memory_equal(old, src, count * 4);
	assert_int_equal(((u8 *)vram)[count * cpp], 0xa5);
	assert_int_equal(old[count], 0xa5a5a5a5);
}

static void test_convert_random(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		check_convert(random_below(14) * 8, 4, random_below(2));
		check_convert(random_below(14) * 8, 3, random_below(2));
		check_convert(random_below(14) * 8, 2, random_below(2));
	}
}

/* Black, white and primary colors are the same wherever they are, dithered or not. */
static void test_convert_pure_colors(void **state)
{
	static const struct { u32 xrgb; u16 rgb565; } colors[] = {
		{ 0x000000, 0x0000 }, { 0xffffff, 0xffff }, { 0xff0000, 0xf800 },
		{ 0x00ff00, 0x07e0 }, { 0x0000ff, 0x001f },
	};
	u32 old[8] __attribute__((aligned(8))), src[8], i, x, y;
	u16 vram[8] __attribute__((aligned(8)));

	(void)state;
	for (i = 0; i < ARRAY_SIZE(colors); i++)
		for (y = 0; y < 8; y++) {
			for (x = 0; x < 8; x++)
				src[x] = colors[i].xrgb;
			shadow_write_blocks(vram, old, src, 8, 2, y / 2, y % 2);
			for (x = 0; x < 8; x++)
				assert_int_equal(vram[x], colors[i].rgb565);
		}
}

/* Each level of gray is, over 4 x 4 pixels, as bright as 255 levels can be told from 31. */
static void test_convert_keeps_the_average(void **state)
{
	u32 old[8] __attribute__((aligned(8))), src[8], level, sum, x, y;
	u16 vram[8] __attribute__((aligned(8)));

	(void)state;
	for (level = 0; level < 256; level++) {
		for (x = 0; x < 8; x++)
			src[x] = level * 0x010101;
		for (y = 0, sum = 0; y < 4; y++) {
			shadow_write_blocks(vram, old, src, 8, 2, y, true);
			for (x = 0; x < 4; x++)
				sum += vram[x] & 31; /* blue */
		}
		assert_in_range(sum * 255 / 31 + 16, level * 16, level * 16 + 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout_every_width),
		cmocka_unit_test(test_layout_cirrus_every_size),
		cmocka_unit_test(test_layout_promises),
		cmocka_unit_test(test_layout_refuses),
		cmocka_unit_test(test_layout_equal),
		cmocka_unit_test(test_spans_random),
		cmocka_unit_test(test_spans_while_drawing),
		cmocka_unit_test(test_convert_random),
		cmocka_unit_test(test_convert_pure_colors),
		cmocka_unit_test(test_convert_keeps_the_average),
	};
	const char *chosen = getenv("UNIT_SEED");
	unsigned int seed = chosen ? strtoul(chosen, NULL, 0) : (unsigned int)time(NULL);

	printf("UNIT_SEED=%u\n", seed);
	srandom(seed);

	return cmocka_run_group_tests(tests, NULL, NULL);
}
