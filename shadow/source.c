// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A client's pixels, as XRGB8888, with the cursor in front of them.
 *
 * The shadow frame has no other format.  Some clients draw in others: Xorg with DefaultDepth 16, a
 * console with video=...-16 or -24, SDL programs, and whoever takes a big-endian CPU's words for
 * pixels.  Their pictures are converted line by line; nobody else pays for that.
 *
 * The adapters show one picture, so the cursor is blended into it here, where it covers a line. All
 * that follows has to do with what VRAM shows, and need not know that there is a cursor.
 *
 * Each pixel is converted once.  The client may change it meanwhile, and what is written has to
 * be what was compared.
 */

#include "frame.h"

static __always_inline u32 pixel_of(u32 red, u32 green, u32 blue)
{
	return (__force u32)cpu_to_le32(red << 16 | green << 8 | blue);
}

/* The upper bits of a channel are repeated as its lower ones: so 31 and 63 become 255. */
static void read_rgb565(u32 *line, const u8 *src, u32 count)
{
	u32 pixel, red, green, blue;

	for (; count; count--, src += 2) {
		pixel = src[0] | src[1] << 8;
		red = (pixel >> 8 & 0xf8) | pixel >> 13;
		green = (pixel >> 3 & 0xfc) | (pixel >> 9 & 0x03);
		blue = (pixel << 3 & 0xf8) | (pixel >> 2 & 0x07);
		*line++ = pixel_of(red, green, blue);
	}
}

static void read_rgb888(u32 *line, const u8 *src, u32 count)
{
	for (; count; count--, src += 3)
		*line++ = pixel_of(src[2], src[1], src[0]);
}

/*
 * The cursor's colors are premultiplied: they are added to what its alpha leaves of the picture's.
 * A client that has not premultiplied them gets white sooner, but no other colors.
 */
static void blend_cursor(u32 *line, const struct shadow_source *cursor, u32 y, u32 x1, u32 x2)
{
	u32 x = max(x1, cursor->x1), end = min(x2, cursor->x2), i;
	const u8 *above = cursor->pixels + (size_t)(y - cursor->y1) * cursor->pitch +
			  (x - cursor->x1) * 4;
	u8 *below = (u8 *)(line + x);

	for (; x < end; x++, above += 4, below += 4)
		for (i = 0; i < 3; i++)
			below[i] = min(above[i] + (below[i] * (255 - above[3]) + 127) / 255, 255);
}

/**
 * shadow_source_line - get a part of a client's line
 * @src: the client's picture
 * @y: the line
 * @x1: the first pixel of the part
 * @x2: one past its last pixel
 * @line: where to put pixels that are not taken from the client's memory: as wide as the picture,
 *	and padded to whole blocks
 *
 * Blocks are read to their end. So a part that ends within one is copied: the client's memory may
 * end there, and what is beyond is not its picture.
 *
 * Context: Any.
 * Return: The line, of which that part is XRGB8888, at any alignment.
 */
const void *shadow_source_line(const struct shadow_source *src, u32 y, u32 x1, u32 x2, u32 *line)
{
	const u8 *pixels = src->pixels + (size_t)y * src->pitch;
	bool blend = src->cursor && y >= src->cursor->y1 && y < src->cursor->y2 &&
		     x1 < src->cursor->x2 && x2 > src->cursor->x1;

	if (src->cpp == 4 && !src->swapped && !blend && x2 % SHADOW_PIXEL_BLOCK == 0)
		return pixels;

	if (src->cpp == 2)
		read_rgb565(line + x1, pixels + x1 * 2, x2 - x1);
	else if (src->cpp == 3)
		read_rgb888(line + x1, pixels + x1 * 3, x2 - x1);
	else
		memcpy(line + x1, pixels + x1 * 4, (x2 - x1) * 4);
	if (src->swapped)
		shadow_swap_pixels(line + x1, x2 - x1, 4);
	if (blend)
		blend_cursor(line, src->cursor, y, x1, x2);

	return line;
}
