// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a driver without a shadow does with a line of damage: it copies it to VRAM, or converts it
 * into a buffer, some pixels at a time, and copies that.  Compiled like the driver.
 */

#include "frame.h"

#include "baseline.h"

#define MAX_WIDTH	3840

/* What memcpy_toio() is on x86: a multiple of four bytes, here */
static void copy_to_vram(void *vram, const void *src, size_t size)
{
	size /= 4;
	__asm__ volatile("rep movsl" : "+D" (vram), "+S" (src), "+c" (size) : : "memory");
}

/* Four pixels are three words. */
static void convert_to_rgb888(u32 *line, const u32 *client, u32 width)
{
	u32 a, b, c, d;

	for (; width; width -= 4, client += 4, line += 3) {
		a = client[0] & 0xffffff;
		b = client[1] & 0xffffff;
		c = client[2] & 0xffffff;
		d = client[3] & 0xffffff;
		line[0] = a | b << 24;
		line[1] = b >> 8 | c << 16;
		line[2] = c >> 16 | d << 8;
	}
}

static u64 rgb565(u32 pixel)
{
	return (pixel >> 8 & 0xf800) | (pixel >> 5 & 0x7e0) | (pixel >> 3 & 0x1f);
}

/* Four pixels are one word, without dithering. */
static void convert_to_rgb565(u64 *line, const u32 *client, u32 width)
{
	for (; width; width -= 4, client += 4)
		*line++ = rgb565(client[0]) | rgb565(client[1]) << 16 | rgb565(client[2]) << 32 |
			  rgb565(client[3]) << 48;
}

/* The width is a multiple of 4. */
void baseline_line(void *vram, const u32 *client, u32 width, u32 cpp)
{
	static u64 line[MAX_WIDTH * 3 / 8];

	if (cpp == 4) {
		copy_to_vram(vram, client, width * 4ul);
		return;
	}
	if (cpp == 3)
		convert_to_rgb888((u32 *)line, client, width);
	else
		convert_to_rgb565(line, client, width);
	copy_to_vram(vram, line, width * (size_t)cpp);
}
