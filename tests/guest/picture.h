/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test pictures: pure functions of the position.
 *
 * tests/vm/picture.py computes the same pictures on the host, so that a test
 * knows every pixel that a screendump must show.  Change both or neither.
 */
#ifndef TESTS_GUEST_PICTURE_H
#define TESTS_GUEST_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

enum picture_kind {
	PICTURE_PATTERN,
	PICTURE_SOLID,
	PICTURE_GRADIENT,
};

/**
 * struct picture - what to paint
 * @kind: which of the pictures
 * @seed: selects one of 2^32 patterns
 * @color: the solid color, 0x00RRGGBB
 * @channels: which color channels a gradient ramps, as a mask of 0x00RRGGBB
 * @vertical: the gradient runs from top to bottom instead of left to right
 * @junk: if not 0, fills the unused byte of each pixel with noise of this seed
 * @premultiplied: that byte is alpha, by which the color is multiplied
 */
struct picture {
	enum picture_kind kind;
	uint32_t seed;
	uint32_t color;
	uint32_t channels;
	bool vertical;
	uint32_t junk;
	bool premultiplied;
};

/* A rectangle in framebuffer coordinates. */
struct rect {
	uint32_t x, y, w, h;
};

/*
 * A bijection of 32-bit numbers in which each input bit changes half of the
 * output bits ("lowbias32" by Chris Wellons).
 */
static inline uint32_t mix32(uint32_t v)
{
	v ^= v >> 16;
	v *= 0x7feb352du;
	v ^= v >> 15;
	v *= 0x846ca68bu;
	v ^= v >> 16;
	return v;
}

/* pixel(x, y, seed) = mix32(x ^ line_key(y, seed)) & 0xffffff */
static inline uint32_t line_key(uint32_t y, uint32_t seed)
{
	return mix32(y ^ mix32(seed));
}

static inline void paint_pattern(uint32_t *line, const struct rect *r,
				 uint32_t y, uint32_t seed)
{
	uint32_t key = line_key(y, seed);

	for (uint32_t i = 0; i < r->w; i++)
		line[i] = mix32((r->x + i) ^ key) & 0xffffff;
}

static inline void paint_solid(uint32_t *line, const struct rect *r,
			       uint32_t color)
{
	for (uint32_t i = 0; i < r->w; i++)
		line[i] = color;
}

/* A gradient rises from 0 at the first of @count steps to 255 at the last. */
static inline uint32_t gradient_level(uint32_t step, uint32_t count)
{
	return count > 1 ? step * 255 / (count - 1) : 0;
}

static inline void paint_ramp(uint32_t *line, const struct rect *r,
			      uint32_t channels)
{
	for (uint32_t i = 0; i < r->w; i++)
		line[i] = gradient_level(i, r->w) * 0x010101 & channels;
}

/* What is in the unused byte must not matter to any driver. */
static inline void add_junk(uint32_t *line, const struct rect *r, uint32_t y,
			    uint32_t seed)
{
	uint32_t key = line_key(y, seed);

	for (uint32_t i = 0; i < r->w; i++)
		line[i] |= mix32((r->x + i) ^ key) & 0xff000000;
}

/* The color that a cursor should have, rounded down */
static inline void premultiply(uint32_t *line, const struct rect *r)
{
	for (uint32_t i = 0; i < r->w; i++) {
		uint32_t alpha = line[i] >> 24, pixel = alpha << 24;

		for (int shift = 0; shift < 24; shift += 8)
			pixel |= (line[i] >> shift & 255) * alpha / 255 << shift;
		line[i] = pixel;
	}
}

/**
 * paint_line - paint one line of a rectangle
 * @p: the picture
 * @r: the rectangle, which is what a gradient spans
 * @y: the line in framebuffer coordinates
 * @line: where pixel (@r->x, @y) is
 */
static inline void paint_line(const struct picture *p, const struct rect *r,
			      uint32_t y, uint32_t *line)
{
	if (p->kind == PICTURE_PATTERN)
		paint_pattern(line, r, y, p->seed);
	else if (p->kind == PICTURE_SOLID)
		paint_solid(line, r, p->color);
	else if (p->vertical)
		paint_solid(line, r, gradient_level(y - r->y, r->h) *
				     0x010101 & p->channels);
	else
		paint_ramp(line, r, p->channels);
	if (p->junk)
		add_junk(line, r, y, p->junk);
	if (p->premultiplied)
		premultiply(line, r);
}

#endif
