// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A client's pixels, as XRGB8888.
 *
 * Everything behind this file knows that format alone.  Clients that draw in another
 * one (Xorg with DefaultDepth 16, a console with video=...-16, SDL programs) get
 * it converted, line by line; nobody else pays for that.
 *
 * Each pixel is loaded once, since the client may be changing it.
 */

#include "frame.h"

/* The upper bits of a channel come again as the lower ones: so 31 and 63 become 255. */
static u32 read_rgb565(const u8 *src)
{
	u32 pixel = src[0] | src[1] << 8;
	u32 red = (pixel >> 8 & 0xf8) | pixel >> 13;
	u32 green = (pixel >> 3 & 0xfc) | (pixel >> 9 & 0x03);
	u32 blue = (pixel << 3 & 0xf8) | (pixel >> 2 & 0x07);

	return red << 16 | green << 8 | blue;
}

static u32 read_rgb888(const u8 *src)
{
	return src[0] | src[1] << 8 | src[2] << 16;
}

/**
 * shadow_source_line - get a part of a client's line
 * @src: the client's picture
 * @y: the line
 * @x1: the first pixel of the part
 * @x2: one past its last pixel
 * @line: where to convert pixels to, if they have to be: as wide as the picture
 *
 * Context: Any.
 * Return: The line, of which that part is XRGB8888, at any alignment.
 */
const void *shadow_source_line(const struct shadow_source *src, u32 y, u32 x1, u32 x2, u32 *line)
{
	const u8 *pixels = src->pixels + (size_t)y * src->pitch;
	u32 x;

	if (src->cpp == 4)
		return pixels;

	for (x = x1; x < x2; x++)
		line[x] = src->cpp == 3 ? read_rgb888(pixels + x * 3) : read_rgb565(pixels + x * 2);

	return line;
}
