// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pure functions of the core against naive references, on all or on random
 * inputs.  UNIT_SEED=NUMBER repeats a run.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pure-checks.h"
#include "pure-test.h"

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
				check_layout(&bochs_emulator, vram, width, heights[i]);
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
		{ &bochs_emulator, 16, 2560, 1600, 2560, 4 },
		{ &bochs_emulator, 4, 1920, 1080, 1920, 2 },
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
		pixels[40] = ~pixels[40];
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
	};
	const char *chosen = getenv("UNIT_SEED");
	unsigned int seed = chosen ? strtoul(chosen, NULL, 0) : (unsigned int)time(NULL);

	printf("UNIT_SEED=%u\n", seed);
	srandom(seed);

	return cmocka_run_group_tests(tests, NULL, NULL) + test_pixels() + test_frames();
}
