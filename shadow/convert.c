// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One line of XRGB8888 in the scanout format.
 *
 * A pixel is a 32-bit number 0xXXRRGGBB, on a little-endian CPU. Scanout formats
 * are little endian: RGB888 is the bytes blue, green, red, RGB565 the bytes of
 * 0bRRRRRGGGGGGBBBBB, low byte first.
 */

#include <linux/types.h>

#include "layout.h"

static void convert_rgb888(u8 *dst, const u32 *src, u32 count)
{
	for (; count; count--, src++, dst += 3) {
		dst[0] = *src;
		dst[1] = *src >> 8;
		dst[2] = *src >> 16;
	}
}

/*
 * Ordered dithering: what 5 or 6 bits cannot tell, a pattern of pixels does. The
 * matrix has thresholds that differ from each pixel to the next; on average they
 * make up for what is cut off, so that gradients do not band. A constant one
 * rounds instead.
 */
static const u8 bayer_matrix[4][4] = {
	{  0,  8,  2, 10 },
	{ 12,  4, 14,  6 },
	{  3, 11,  1,  9 },
	{ 15,  7, 13,  5 },
};

static const u8 no_dither[4] = { 8, 8, 8, 8 };

/*
 * First a little is taken off each channel, in proportion to it: then the largest
 * threshold does not overflow, and 0 and 255 come out as 0 and as 31 or 63
 * whatever the threshold. Red and blue are worked on at once.
 */
static u32 rgb565(u32 pixel, u32 threshold)
{
	u32 rb = pixel & 0xff00ff, g = pixel & 0x00ff00;

	rb -= rb >> 5 & 0x070007;
	rb += (threshold >> 1) * 0x010001;
	g -= g >> 6 & 0x000300;
	g += (threshold >> 2) * 0x000100;

	return (rb >> 8 & 0xf800) | (g >> 5 & 0x07e0) | (rb >> 3 & 0x001f);
}

static void convert_rgb565(u8 *dst, const u32 *src, u32 count, const u8 *thresholds)
{
	u32 i, pixel;

	for (i = 0; i < count; i++, dst += 2) {
		pixel = rgb565(src[i], thresholds[i % 4]);
		dst[0] = pixel;
		dst[1] = pixel >> 8;
	}
}

/**
 * shadow_convert_line - convert pixels to a scanout format of fewer bits
 * @dst: @count times @cpp bytes
 * @src: XRGB8888 pixels; their X byte is ignored
 * @count: how many pixels
 * @cpp: bytes per pixel of the scanout format: 3 or 2
 * @y: the line on the screen; there, @src begins at a SHADOW_PIXEL_BLOCK
 * @dither: whether to dither at 2 bytes per pixel, or to round
 *
 * A pixel's value follows from its color and its place on the screen alone.
 *
 * Context: Any.
 */
void shadow_convert_line(void *dst, const u32 *src, u32 count, u32 cpp, u32 y, bool dither)
{
	if (cpp == 3)
		convert_rgb888(dst, src, count);
	else
		convert_rgb565(dst, src, count, dither ? bayer_matrix[y % 4] : no_dither);
}
