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

	if (cpp == 4)
		return xrgb;
	if (cpp == 3)
		return r * 65536 + g * 256 + b;
	return reduce(r, 5, threshold) * 2048 + reduce(g, 6, threshold) * 32 +
	       reduce(b, 5, threshold);
}

/* The number that the bytes of a pixel in VRAM make */
static u32 scanned_out(const void *vram, u32 x, u32 cpp)
{
	u32 pixel = 0, byte;

	for (byte = 0; byte < cpp; byte++)
		pixel |= (u32)((const u8 *)vram)[x * cpp + byte] << (byte * 8);
	return pixel;
}

static void check_convert(u32 count, u32 cpp, bool dither, bool kept)
{
	u32 old[104 + 1] __attribute__((aligned(8))), src[104] = { 0 };
	u32 skew = random_below(8), i;
	u8 unaligned[sizeof(src) + 8];
	u64 vram[104 / 2 + 1];
	struct shadow_target to = { vram, random_below(3000), cpp, dither };

	for (i = 0; i < count; i++)
		src[i] = random_below(UINT32_MAX);
	memcpy(unaligned + skew, src, sizeof(src));
	memset(vram, 0xa5, sizeof(vram));
	memset(old, 0xa5, sizeof(old));
	shadow_write_blocks(&to, kept ? old : NULL, unaligned + skew, 0, count);

	for (i = 0; i < count; i++)
		assert_int_equal(scanned_out(vram, i, cpp), naive(src[i], cpp, i, to.y, dither));
	if (kept) {
		assert_memory_equal(old, src, count * 4);
		assert_int_equal(old[count], 0xa5a5a5a5);
	}
	assert_int_equal(((u8 *)vram)[count * cpp], 0xa5);
}

static void test_convert_random(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		check_convert(random_below(14) * 8, 4, random_below(2), random_below(2));
		check_convert(random_below(14) * 8, 3, random_below(2), random_below(2));
		check_convert(random_below(14) * 8, 2, random_below(2), random_below(2));
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
			shadow_write_blocks(&(struct shadow_target) { vram, y / 2, 2, y % 2 }, old,
					    src, 0, 8);
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
			shadow_write_blocks(&(struct shadow_target) { vram, y, 2, true }, old, src,
					    0, 8);
			for (x = 0; x < 4; x++)
				sum += vram[x] & 31; /* blue */
		}
		assert_in_range(sum * 255 / 31 + 16, level * 16, level * 16 + 32);
	}
}

/*
 * Frames
 */

#define SCREEN_HEIGHT	4

/*
 * A screen with a client, whose lines are at any alignment, and what VRAM was before the latest
 * flush.  All lines are from the heap, to the byte: the sanitizer sees any access beyond.
 */
struct screen {
	u32 width, stride, cpp, skew, now;
	bool dither;
	struct shadow_frame *frame;
	u8 *client[SCREEN_HEIGHT], *vram[SCREEN_HEIGHT], *before[SCREEN_HEIGHT];
	struct shadow_stats stats;
};

static u32 client_pixel(const struct screen *screen, u32 x, u32 y)
{
	u32 pixel;

	memcpy(&pixel, screen->client[y] + screen->skew + x * 4, sizeof(pixel));
	return pixel;
}

/* Whether VRAM shows a color there; an X byte is nobody's business */
static bool is_shown(const struct screen *screen, u32 x, u32 y, u32 xrgb)
{
	u32 difference = scanned_out(screen->vram[y], x, screen->cpp) ^
			 naive(xrgb, screen->cpp, x, y, screen->dither);

	return !(screen->cpp == 4 ? difference & 0xffffff : difference);
}

static bool is_as_before(const struct screen *screen, u32 x, u32 y)
{
	return scanned_out(screen->vram[y], x, screen->cpp) ==
	       scanned_out(screen->before[y], x, screen->cpp);
}

/* What is damaged is drawn; of the rest of a line that was held, some may be drawn anew. */
static void check_line(const struct screen *screen, u32 y, u32 x1, u32 x2, bool was_held)
{
	const u32 *kept = screen->frame->pixels + y * screen->frame->stride;
	u32 x;

	for (x = 0; x < screen->width; x++) {
		bool drawn = is_shown(screen, x, y, client_pixel(screen, x, y));

		if (x >= x1 && x < x2)
			assert_true(drawn);
		else
			assert_true((was_held && drawn) || is_as_before(screen, x, y));
	}
	for (; x < screen->stride; x++)
		assert_int_equal(scanned_out(screen->vram[y], x, screen->cpp), 0);
	if (!screen->frame->lines[y].held)
		for (x = 0; x < screen->stride; x++)
			assert_true(is_shown(screen, x, y, kept[x]));
}

static void flush_line(struct screen *screen, u32 y, u32 x1, u32 x2, bool upload)
{
	struct shadow_target to = { screen->vram[y], y, screen->cpp, screen->dither };
	bool was_held = screen->frame->lines[y].held;
	const u8 *src = screen->client[y] + screen->skew;

	if (upload)
		shadow_upload_line(screen->frame, &to, src, &screen->stats);
	else
		shadow_flush_line(screen->frame, &to, src, x1, x2, screen->now, &screen->stats);
	check_line(screen, y, x1, x2, was_held);
}

/* Other lines stay what they are. */
static void flush_lines(struct screen *screen, u32 x1, u32 x2, u32 y1, u32 y2, bool upload)
{
	u32 y;

	for (y = 0; y < SCREEN_HEIGHT; y++)
		memcpy(screen->before[y], screen->vram[y], screen->stride * screen->cpp);
	for (y = y1; y < y2; y++)
		flush_line(screen, y, x1, x2, upload);
	for (y = 0; y < SCREEN_HEIGHT; y++)
		if (y < y1 || y >= y2)
			assert_memory_equal(screen->before[y], screen->vram[y],
					    screen->stride * screen->cpp);
}

static void draw_part(struct screen *screen, u32 x1, u32 x2, u32 y1, u32 y2)
{
	u32 x, y, pixel;

	for (y = y1; y < y2; y++)
		for (x = x1; x < x2; x++) {
			pixel = random_below(UINT32_MAX);
			memcpy(screen->client[y] + screen->skew + x * 4, &pixel, sizeof(pixel));
		}
}

static void open_screen(struct screen *screen, u32 width, u32 cpp)
{
	struct shadow_layout layout = { .width = width, .height = SCREEN_HEIGHT };
	size_t size = shadow_frame_size(&layout);
	u32 y;

	*screen = (struct screen) {
		.width = width, .stride = (width + 7) / 8 * 8, .cpp = cpp,
		.skew = random_below(8), .dither = random_below(2),
		/* often enough it wraps before long */
		.now = random_below(2) ? random_below(UINT32_MAX) : -random_below(20000),
		.frame = malloc(size),
	};
	for (y = 0; y < SCREEN_HEIGHT; y++) {
		screen->client[y] = malloc(screen->skew + width * 4);
		screen->vram[y] = calloc(screen->stride, cpp);
		screen->before[y] = calloc(screen->stride, cpp);
	}
	memset(screen->frame, 0xa5, size);
	shadow_frame_init(screen->frame, &layout);
	draw_part(screen, 0, width, 0, SCREEN_HEIGHT);
	flush_lines(screen, 0, width, 0, SCREEN_HEIGHT, true);
}

static void close_screen(struct screen *screen)
{
	u32 y;

	for (y = 0; y < SCREEN_HEIGHT; y++) {
		free(screen->client[y]);
		free(screen->vram[y]);
		free(screen->before[y]);
	}
	free(screen->frame);
}

/* Draw somewhere, all of it or a part, and flush no less than that, or nothing but a part of it. */
static void flush_random(struct screen *screen, bool all)
{
	u32 x1 = all ? 0 : random_below(screen->width);
	u32 x2 = all ? screen->width : x1 + 1 + random_below(screen->width - x1);
	u32 y1 = random_below(SCREEN_HEIGHT), y2 = y1 + 1 + random_below(SCREEN_HEIGHT - y1);

	if (random_below(3))
		draw_part(screen, x1, x2, y1, y2);
	if (!all && random_below(2))
		x2 = x1 + 1 + random_below(x2 - x1);
	flush_lines(screen, x1, x2, y1, y2, all && !random_below(50));
}

/* Whatever a line's history is, what was drawn is shown, and nothing else changes. */
static void test_frame_random(void **state)
{
	u32 i, j, y, held = 0;
	struct screen screen;

	(void)state;
	for (i = 0; i < 600; i++) {
		/* from nothing but videos to nothing but small changes, at any pace */
		u32 whole = random_below(5), pace = 1 << random_below(9);

		open_screen(&screen, 64 + random_below(50), 2 + i % 3);
		for (j = 0; j < 200; j++) {
			flush_random(&screen, random_below(4) < whole);
			for (y = 0; y < SCREEN_HEIGHT; y++)
				held += screen.frame->lines[y].held;
			screen.now += random_below(pace);
		}
		close_screen(&screen);
	}
	assert_true(held > 30000);
}

/* Draw so many pixels of each line, and flush all; tells how many bytes that wrote. */
static u64 show_frame(struct screen *screen, u32 pixels)
{
	u64 before = screen->stats.written;

	draw_part(screen, 0, pixels, 0, SCREEN_HEIGHT);
	flush_lines(screen, 0, screen->width, 0, SCREEN_HEIGHT, false);
	return screen->stats.written - before;
}

/* A video of 25 frames a second is hardly compared, however often each frame is shown. */
static void test_frame_video(void **state)
{
	struct screen screen;
	u64 before = 0;
	u32 i, times;

	(void)state;
	for (times = 1; times <= 3; times++) {
		open_screen(&screen, 104, 4);
		for (i = 0; i < 75 * times; i++) {
			if (i == 25 * times)
				before = screen.stats.compared;
			screen.now += 40 / times;
			show_frame(&screen, i % times ? 0 : 104);
		}
		assert_true(screen.stats.compared - before <= 10 * 104 * SCREEN_HEIGHT * 4);
		close_screen(&screen);
	}
}

/* Half a second after a video's end, nothing is written that has not changed. */
static void test_frame_falls_still(void **state)
{
	struct screen screen;
	u32 i, length;

	(void)state;
	for (length = 0; length < 200; length++) {
		open_screen(&screen, 104, 4);
		for (i = 0; i < length; i++, screen.now += 16)
			show_frame(&screen, 104);
		for (i = 0; i < 500; i += 16, screen.now += 16)
			show_frame(&screen, 0);
		assert_int_equal(show_frame(&screen, 0), 0);
		close_screen(&screen);
	}
}

/* What is no video is never written in vain: changes far apart, or of less than half of a line. */
static void test_frame_no_video(void **state)
{
	static const struct { u32 every, pixels; bool held; } changes[] = {
		{ 1000, 104, false }, { 101, 104, false }, { 100, 104, true },
		{ 16, 48, false }, { 16, 56, true },
	};
	struct screen screen;
	bool held;
	u32 i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		open_screen(&screen, 104, 4);
		for (j = 0, held = false; j < 20; j++) {
			screen.now += changes[i].every;
			show_frame(&screen, changes[i].pixels);
			held |= screen.frame->lines[0].held;
			if (!changes[i].held)
				assert_int_equal(show_frame(&screen, 0), 0);
		}
		assert_int_equal(held, changes[i].held);
		close_screen(&screen);
	}
}

/* Two halves of a line are damaged at once: that is one change. */
static void test_frame_clips(void **state)
{
	struct screen screen;

	(void)state;
	open_screen(&screen, 128, 4);
	screen.now += 1000;
	draw_part(&screen, 0, 128, 0, SCREEN_HEIGHT);
	flush_lines(&screen, 0, 64, 0, SCREEN_HEIGHT, false);
	flush_lines(&screen, 64, 128, 0, SCREEN_HEIGHT, false);
	assert_false(screen.frame->lines[0].held);
	close_screen(&screen);
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
		cmocka_unit_test(test_frame_random),
		cmocka_unit_test(test_frame_video),
		cmocka_unit_test(test_frame_falls_still),
		cmocka_unit_test(test_frame_no_video),
		cmocka_unit_test(test_frame_clips),
	};
	const char *chosen = getenv("UNIT_SEED");
	unsigned int seed = chosen ? strtoul(chosen, NULL, 0) : (unsigned int)time(NULL);

	printf("UNIT_SEED=%u\n", seed);
	srandom(seed);

	return cmocka_run_group_tests(tests, NULL, NULL);
}
