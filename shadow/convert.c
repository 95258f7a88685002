// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One line of XRGB8888 in the scanout format.
 *
 * A pixel is a 32-bit number 0xXXRRGGBB, on a little-endian CPU; scanout formats are little endian:
 * RGB888 is the bytes blue, green, red, RGB565 the bytes of 0bRRRRRGGGGGGBBBBB,
 * low byte first.
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

static void convert_rgb565(u8 *dst, const u32 *src, u32 count)
{
	u32 rgb565;

	for (; count; count--, src++, dst += 2) {
		rgb565 = (*src >> 8 & 0xf800) | (*src >> 5 & 0x07e0) | (*src >> 3 & 0x001f);
		dst[0] = rgb565;
		dst[1] = rgb565 >> 8;
	}
}

/**
 * shadow_convert_line - convert pixels to a scanout format of fewer bits
 * @dst: @count times @cpp bytes
 * @src: XRGB8888 pixels; their X byte is ignored
 * @count: how many pixels
 * @cpp: bytes per pixel of the scanout format: 3 or 2
 *
 * Context: Any.
 */
void shadow_convert_line(void *dst, const u32 *src, u32 count, u32 cpp)
{
	if (cpp == 3)
		convert_rgb888(dst, src, count);
	else
		convert_rgb565(dst, src, count);
}
