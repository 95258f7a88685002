/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pure functions: how pixels lie in VRAM.
 *
 * What is declared here knows neither DRM nor hardware.  tests/unit compiles
 * the very same files for the host, with sanitizers.
 */
#ifndef SHADOW_LAYOUT_H
#define SHADOW_LAYOUT_H

#include <linux/math.h>
#include <linux/string.h>
#include <linux/types.h>

/**
 * SHADOW_PIXEL_BLOCK - VRAM is written in multiples of so many pixels
 *
 * Eight pixels are a whole number of 64-bit words at 4, 3 and 2 bytes each, so
 * that no store has to be narrower than 32 bits, and no pitch is ever odd.
 */
#define SHADOW_PIXEL_BLOCK	8

/* The same in bytes of XRGB8888 */
#define SHADOW_BLOCK_BYTES	(SHADOW_PIXEL_BLOCK * sizeof(u32))

/**
 * struct shadow_limits - what an adapter can scan out
 * @min_width: narrowest picture, in pixels
 * @min_height: lowest picture, in lines
 * @max_width: widest picture, in pixels
 * @max_height: highest picture, in lines
 * @width_step: the width register holds multiples of so many pixels
 * @max_pitch: largest pitch, in bytes
 * @flat_height: highest picture that lies in VRAM in one piece, in lines; see
 *	&shadow_layout.split for higher ones, whose number of lines is even
 * @max_start: highest address at which those can start, in bytes
 * @cpp: scanout formats by their bytes per pixel, best first, ended by 0
 */
struct shadow_limits {
	u32 min_width, min_height;
	u32 max_width, max_height;
	u32 width_step;
	u32 max_pitch;
	u32 flat_height;
	u32 max_start;
	u8 cpp[4];
};

/**
 * struct shadow_layout - how one mode's picture lies in VRAM
 * @width: visible width, in pixels
 * @height: visible height, in lines
 * @scan_width: width that the adapter is programmed to, in pixels: @width
 *	rounded up to what its register can hold; the rest stays black
 * @pitch: bytes from a line's start to the next line's
 * @start: address of the first line, in bytes
 * @split: the line that is at address 0 instead of after the one above it: the
 *	picture lies in two pieces, the lower one first; @height if in one
 * @cpp: bytes per pixel: 4 (XRGB8888), 3 (RGB888) or 2 (RGB565); 0 if there is
 *	no picture
 */
struct shadow_layout {
	u32 width, height;
	u32 scan_width;
	u32 pitch;
	u32 start;
	u32 split;
	u32 cpp;
};

/**
 * shadow_layout_offset - find a line in VRAM
 * @layout: the layout
 * @y: a line of the picture
 *
 * Return: The line's address, in bytes.
 */
static inline u32 shadow_layout_offset(const struct shadow_layout *layout, u32 y)
{
	return y < layout->split ? layout->start + y * layout->pitch :
				   (y - layout->split) * layout->pitch;
}

/**
 * shadow_layout_end - find the end of a picture in VRAM
 * @layout: the layout
 *
 * Of two pieces, the upper one is the last in VRAM.
 *
 * Return: The address of what follows the picture, in bytes.
 */
static inline u32 shadow_layout_end(const struct shadow_layout *layout)
{
	return layout->start + layout->split * layout->pitch;
}

/**
 * shadow_layout_padded_width - round the width up to whole blocks
 * @layout: the layout
 *
 * Lines of whole blocks need no special case where one ends.
 *
 * Return: Pixels.
 */
static inline u32 shadow_layout_padded_width(const struct shadow_layout *layout)
{
	return round_up(layout->width, SHADOW_PIXEL_BLOCK);
}

/**
 * shadow_layout_run - count the lines that follow each other in VRAM without a gap
 * @layout: the layout
 * @y: a line of the picture
 *
 * The first line of the other piece, if there are two, does not follow the line above it. No
 * line does if the pitch is more than its blocks take.
 *
 * Return: How many lines that are, with @y.
 */
static inline u32 shadow_layout_run(const struct shadow_layout *layout, u32 y)
{
	if (layout->pitch != shadow_layout_padded_width(layout) * layout->cpp)
		return 1;

	return (y < layout->split ? layout->split : layout->height) - y;
}

/**
 * shadow_layout_equal - compare two layouts
 * @a: one layout
 * @b: another
 *
 * Return: Whether a picture lies the same way in both.
 */
static inline bool shadow_layout_equal(const struct shadow_layout *a, const struct shadow_layout *b)
{
	return !memcmp(a, b, sizeof(*a)); /* no padding in between */
}

bool shadow_layout_fit(const struct shadow_limits *limits, u32 vram_size,
		       u32 width, u32 height, struct shadow_layout *layout);

#endif
