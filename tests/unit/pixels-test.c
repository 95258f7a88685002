// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a client's format to XRGB8888, behind a cursor, and from that to what is scanned out
 */

#include "pure-test.h"

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

/**
 * naive - convert a pixel to what is scanned out
 * @xrgb: XRGB8888
 * @cpp: bytes per pixel of the scanout format
 * @x: the pixel's column
 * @y: its line
 * @dither: whether to dither
 *
 * Return: The number that the bytes of a scanout pixel make.
 */
u32 naive(u32 xrgb, u32 cpp, u32 x, u32 y, bool dither)
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

/**
 * bytes_of_pixel - read a pixel, of VRAM's or of a client's
 * @line: a line of pixels
 * @x: which
 * @cpp: bytes per pixel
 *
 * Return: The number that its bytes make.
 */
u32 bytes_of_pixel(const void *line, u32 x, u32 cpp)
{
	u32 pixel = 0, byte;

	for (byte = 0; byte < cpp; byte++)
		pixel |= (u32)((const u8 *)line)[x * cpp + byte] << (byte * 8);
	return pixel;
}

/**
 * reversed - take a pixel's bytes the other way round
 * @pixel: the number that they make
 * @cpp: bytes per pixel
 *
 * Return: The number that they make then.
 */
u32 reversed(u32 pixel, u32 cpp)
{
	return __builtin_bswap32(pixel) >> (32 - cpp * 8);
}

/* A channel of few bits in eight of them: its bits over and over */
static u32 extend(u32 level, u32 bits)
{
	return level * ((1 << bits) + 1) >> (2 * bits - 8);
}

/**
 * naive_xrgb - convert a client's pixel
 * @line: a line of the client's
 * @x: which pixel
 * @cpp: bytes per pixel of the client's format
 *
 * Return: XRGB8888, with any X for what is that already.
 */
u32 naive_xrgb(const void *line, u32 x, u32 cpp)
{
	u32 pixel = bytes_of_pixel(line, x, cpp);

	if (cpp > 2)
		return pixel;
	return extend(pixel / 2048, 5) * 65536 + extend(pixel / 32 % 64, 6) * 256 +
	       extend(pixel % 32, 5);
}

/* XRGB8888 with ARGB8888 in front of it, whose color should have been multiplied by alpha */
static u32 naive_blend(u32 below, u32 above)
{
	double left = 1 - (above >> 24) / 255.0;
	u32 pixel = 0, shift, level;

	for (shift = 0; shift < 24; shift += 8) {
		level = (above >> shift & 255) + (u32)((below >> shift & 255) * left + 0.5);
		pixel |= (level > 255 ? 255 : level) << shift;
	}
	return pixel;
}

/**
 * behind_cursor - put what there is of a cursor in front of a pixel
 * @cursor: the cursor
 * @x: the pixel's column
 * @y: its line
 * @xrgb: XRGB8888
 *
 * Return: XRGB8888, with any X where there is no cursor.
 */
u32 behind_cursor(const struct shadow_source *cursor, u32 x, u32 y, u32 xrgb)
{
	if (x < cursor->x1 || x >= cursor->x2 || y < cursor->y1 || y >= cursor->y2)
		return xrgb;
	return naive_blend(xrgb, bytes_of_pixel(cursor->pixels + (y - cursor->y1) * cursor->pitch,
						x - cursor->x1, 4));
}

/**
 * random_cursor - make a cursor somewhere on a screen
 * @cursor: filled in; its pixels, to be freed by the caller, end where it does
 * @width: the screen's width
 * @height: the screen's height
 *
 * It may have no pixels at all. Some images are as they should be, and some have any color with
 * any alpha. Some of their pixels are opaque, and some are not there.
 */
void random_cursor(struct shadow_source *cursor, u32 width, u32 height)
{
	u32 x1 = random_below(width), y1 = random_below(height), honest = random_below(2);
	u32 columns = random_below(width - x1 + 1), lines = random_below(height - y1 + 1);
	u32 pitch = columns * 4 + random_below(8), i, alpha, color, pixel;
	u32 size = lines ? (lines - 1) * pitch + columns * 4 : 0;
	u8 *image = malloc(size);

	for (i = 0; i + 4 <= size; i += 4) {
		alpha = random_below(3) ? random_below(256) : 255 * random_below(2);
		color = honest ? random_below(alpha + 1) | random_below(alpha + 1) << 8 |
				 random_below(alpha + 1) << 16 : random_below(1 << 24);
		pixel = htole32(alpha << 24 | color);
		memcpy(image + i, &pixel, sizeof(pixel));
	}
	*cursor = (struct shadow_source) {
		.pixels = image, .pitch = pitch, .cpp = 4,
		.x1 = x1, .y1 = y1, .x2 = x1 + columns, .y2 = y1 + lines,
	};
}

/* Nothing but the part that is asked for is read from a client, or written. */
static void test_source_lines(void **state)
{
	u32 i, x, line[64];

	(void)state;
	for (i = 0; i < 20000; i++) {
		u32 cpp = 2 + i % 3, skew = random_below(8), x1 = random_below(64);
		u32 x2 = x1 + 1 + random_below(64 - x1);
		u8 *client = malloc(skew + 64 * cpp + x2 * cpp);
		struct shadow_source src = { .pixels = client + skew, .pitch = 64 * cpp, .cpp = cpp };
		const void *got;

		for (x = 0; x < skew + 64 * cpp + x2 * cpp; x++)
			client[x] = random_below(256);
		memset(line, 0xa5, sizeof(line));
		got = shadow_source_line(&src, 1, x1, x2, line);
		for (x = 0; x < 64; x++)
			if (x >= x1 && x < x2)
				assert_int_equal(bytes_of_pixel(got, x, 4),
						 naive_xrgb(client + skew + 64 * cpp, x, cpp));
			else
				assert_int_equal(line[x], 0xa5a5a5a5);
		free(client);
	}
}

/* The four bytes of a pixel the other way round: X, red, green, blue */
static void test_source_swapped(void **state)
{
	struct shadow_source src;
	u32 i, x, x1, x2, line[64];
	u8 client[4 + 64 * 4];

	(void)state;
	for (i = 0; i < 20000; i++) {
		for (x = 0; x < sizeof(client); x++)
			client[x] = random_below(256);
		src = (struct shadow_source) {
			.pixels = client + random_below(4), .cpp = 4, .swapped = true,
		};
		x1 = random_below(64);
		x2 = x1 + 1 + random_below(64 - x1);
		memset(line, 0xa5, sizeof(line));
		assert_ptr_equal(shadow_source_line(&src, 0, x1, x2, line), line);
		for (x = 0; x < 64; x++)
			if (x >= x1 && x < x2)
				assert_int_equal(bytes_of_pixel(line, x, 4),
						 reversed(bytes_of_pixel(src.pixels, x, 4), 4));
			else
				assert_int_equal(line[x], 0xa5a5a5a5);
	}
}

/* Each level below each level above, at each alpha */
static void test_blend_every_level(void **state)
{
	u32 level, above, alpha, x, client[256], image[256], line[256];
	struct shadow_source cursor = { .pixels = image, .x2 = 256, .y2 = 1 };
	struct shadow_source src = { .pixels = client, .cpp = 4, .cursor = &cursor };

	(void)state;
	for (x = 0; x < 256; x++)
		client[x] = htole32(x * 0x010101);
	for (above = 0; above < 256; above++)
		for (alpha = 0; alpha < 256; alpha++) {
			for (x = 0; x < 256; x++)
				image[x] = htole32(alpha << 24 | above << 16 | (255 - above) << 8 | x);
			assert_ptr_equal(shadow_source_line(&src, 0, 0, 256, line), line);
			for (level = 0; level < 256; level++)
				assert_int_equal(le32toh(line[level]) & 0xffffff,
						 naive_blend(level * 0x010101, le32toh(image[level])));
		}
}

/* A part of a client's line, with a cursor anywhere, on the line and in the part or not */
static void check_cursor_line(u32 cpp, bool swapped)
{
	u32 line[64], skew = random_below(8), y = random_below(4), x1 = random_below(64);
	u32 x2 = x1 + 1 + random_below(64 - x1), x, pixel;
	struct shadow_source cursor;
	u8 client[8 + 64 * 4];
	struct shadow_source src = {
		.pixels = client + skew, .cpp = cpp, .swapped = swapped, .cursor = &cursor,
	};
	const void *got;

	random_cursor(&cursor, 64, 4);
	for (x = 0; x < sizeof(client); x++)
		client[x] = random_below(256);
	memset(line, 0xa5, sizeof(line));
	got = shadow_source_line(&src, y, x1, x2, line);
	for (x = 0; x < 64; x++) {
		if (x < x1 || x >= x2) {
			assert_int_equal(line[x], 0xa5a5a5a5);
			continue;
		}
		pixel = naive_xrgb(src.pixels, x, cpp);
		pixel = behind_cursor(&cursor, x, y, swapped ? reversed(pixel, 4) : pixel);
		assert_int_equal(bytes_of_pixel(got, x, 4) & 0xffffff, pixel & 0xffffff);
	}
	free((void *)cursor.pixels);
}

static void test_cursor_lines(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < 100000; i++)
		check_cursor_line(2 + i % 3, i % 3 == 2 && random_below(2));
}

/* A cursor that is beside the part leaves XRGB8888 where it is. */
static void test_cursor_beside(void **state)
{
	static const struct { u32 x1, x2, y1, y2; } beside[] = {
		{ 10, 30, 4, 9 }, { 10, 30, 0, 3 }, { 0, 8, 0, 9 }, { 40, 60, 0, 9 }, { 10, 30, 3, 3 },
		{ 10, 10, 3, 3 }, { 0, 0, 0, 0 },
	};
	u32 client[64 * 4], line[64], i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(beside); i++) {
		struct shadow_source cursor = {
			.x1 = beside[i].x1, .x2 = beside[i].x2, .y1 = beside[i].y1, .y2 = beside[i].y2,
		};
		struct shadow_source src = {
			.pixels = client, .pitch = 64 * 4, .cpp = 4, .cursor = &cursor,
		};

		assert_ptr_equal(shadow_source_line(&src, 3, 8, 40, line), client + 64 * 3);
	}
}

/* Every color of 16 bits comes out as it was where there are 16 bits, dithered or not. */
static void test_rgb565_there_and_back(void **state)
{
	u16 colors[8], vram[8] __attribute__((aligned(8)));
	u32 line[8] __attribute__((aligned(8))), color, i, y;

	(void)state;
	for (color = 0; color < 65536; color++)
		for (y = 0; y < 8; y++) {
			struct shadow_source src = { .pixels = colors, .cpp = 2 };

			for (i = 0; i < 8; i++)
				colors[i] = htole16(color);
			shadow_source_line(&src, 0, 0, 8, line);
			shadow_write_blocks(&(struct shadow_target) { vram, y / 2, 1, 2, y % 2, NULL },
					    NULL, line, 0, 8);
			assert_memory_equal(vram, colors, sizeof(vram));
		}
}

static void check_convert(u32 count, u32 cpp, bool dither, bool kept)
{
	u32 old[104 + 1] __attribute__((aligned(8))), src[104] = { 0 };
	u32 skew = random_below(8), i, pixel;
	u8 unaligned[sizeof(src) + 8];
	u64 vram[104 / 2 + 1], room[104 / 2];
	struct shadow_target to = {
		vram, random_below(3000), 1, cpp, dither, random_below(2) ? room : NULL
	};

	for (i = 0; i < count; i++)
		src[i] = random_below(UINT32_MAX);
	memcpy(unaligned + skew, src, sizeof(src));
	memset(vram, 0xa5, sizeof(vram));
	memset(old, 0xa5, sizeof(old));
	shadow_write_blocks(&to, kept ? old : NULL, unaligned + skew, 0, count);

	for (i = 0; i < count; i++) {
		pixel = bytes_of_pixel(vram, i, cpp);
		assert_int_equal(to.swap_line ? reversed(pixel, cpp) : pixel,
				 naive(bytes_of_pixel(src, i, 4), cpp, i, to.y, dither));
	}
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
				src[x] = htole32(colors[i].xrgb);
			shadow_write_blocks(&(struct shadow_target) { vram, y / 2, 1, 2, y % 2, NULL },
					    old, src, 0, 8);
			for (x = 0; x < 8; x++)
				assert_int_equal(bytes_of_pixel(vram, x, 2), colors[i].rgb565);
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
			src[x] = htole32(level * 0x010101);
		for (y = 0, sum = 0; y < 4; y++) {
			shadow_write_blocks(&(struct shadow_target) { vram, y, 1, 2, true, NULL },
					    old, src, 0, 8);
			for (x = 0; x < 4; x++)
				sum += bytes_of_pixel(vram, x, 2) & 31; /* blue */
		}
		sum = sum * 255 / 31 + 16;
		assert_true(sum >= level * 16 && sum <= level * 16 + 32);
	}
}

int test_pixels(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source_lines),
		cmocka_unit_test(test_source_swapped),
		cmocka_unit_test(test_blend_every_level),
		cmocka_unit_test(test_cursor_lines),
		cmocka_unit_test(test_cursor_beside),
		cmocka_unit_test(test_convert_random),
		cmocka_unit_test(test_convert_pure_colors),
		cmocka_unit_test(test_convert_keeps_the_average),
		cmocka_unit_test(test_rgb565_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
