// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From XRGB8888 to the scanout format, a block of eight pixels at a time.
 *
 * A pixel is a 32-bit number 0xXXRRGGBB; a pair of them is a 64-bit one with the
 * left pixel in the lower half. In memory both are little endian. Scanout formats are
 * little endian as well: RGB888 is the bytes blue, green, red, RGB565 the bytes of
 * 0bRRRRRGGGGGGBBBBB, low byte first. Some adapters want the bytes of each pixel reversed.
 *
 * Each pixel is loaded once, since a client may be changing it, and VRAM is
 * written in whole blocks. Where QEMU emulates the CPU, what counts is the
 * number of instructions. What is neither converted nor kept is merely copied.
 */

#include "frame.h"

/* Four pairs of pixels: in registers if the compiler can see them one by one */
struct block {
	u64 a, b, c, d;
};

static __always_inline struct block load_block(const void *src)
{
	return (struct block) {
		.a = shadow_le64(shadow_load_pair(src)),
		.b = shadow_le64(shadow_load_pair(src + 8)),
		.c = shadow_le64(shadow_load_pair(src + 16)),
		.d = shadow_le64(shadow_load_pair(src + 24)),
	};
}

static __always_inline void store_block(u64 *dst, struct block block)
{
	dst[0] = shadow_le64(block.a);
	dst[1] = shadow_le64(block.b);
	dst[2] = shadow_le64(block.c);
	dst[3] = shadow_le64(block.d);
}

/* In the writers, @kept is NULL if nobody wants to know later what was written. */

static void write_xrgb8888(u64 *vram, u64 *kept, const void *src, u32 blocks)
{
	struct block block;

	if (!kept) {
		shadow_vram_copy(vram, src, blocks * SHADOW_BLOCK_BYTES);
		return;
	}
	for (; blocks; blocks--, vram += 4, kept += 4, src += SHADOW_BLOCK_BYTES) {
		block = load_block(src);
		store_block(kept, block);
		store_block(vram, block);
	}
}

/* Two pixels in 48 bits */
static __always_inline u64 pair_rgb888(u64 pair)
{
	return (pair & 0xffffff) | (pair >> 8 & 0xffffff000000);
}

static void write_rgb888(u64 *vram, u64 *kept, const void *src, u32 blocks)
{
	struct block block;

	for (; blocks; blocks--, vram += 3, src += SHADOW_BLOCK_BYTES) {
		block = load_block(src);
		if (kept) {
			store_block(kept, block);
			kept += 4;
		}
		block.a = pair_rgb888(block.a);
		block.b = pair_rgb888(block.b);
		block.c = pair_rgb888(block.c);
		block.d = pair_rgb888(block.d);
		vram[0] = shadow_le64(block.a | block.b << 48);
		vram[1] = shadow_le64(block.b >> 16 | block.c << 32);
		vram[2] = shadow_le64(block.c >> 32 | block.d << 16);
	}
}

/*
 * Ordered dithering: 5 or 6 bits cannot express a level in between, but a pattern of
 * pixels can. The matrix has thresholds that differ from each pixel to the next; on
 * average they make up for what is cut off, so that gradients do not band. A constant
 * threshold rounds instead.
 */
static const u8 bayer_matrix[4][4] = {
	{  0,  8,  2, 10 },
	{ 12,  4, 14,  6 },
	{  3, 11,  1,  9 },
	{ 15,  7, 13,  5 },
};

static const u8 no_dither[4] = { 8, 8, 8, 8 };

/* Thresholds of two pixels: of 3 bits for red and blue, of 2 for green */
static u64 pair_thresholds(const u8 *row)
{
	u64 left = row[0], right = row[1];

	return (left >> 1) * 0x00010001ull | (right >> 1) * 0x0001000100000000ull |
	       (left >> 2) * 0x00000100ull | (right >> 2) * 0x0000010000000000ull;
}

/*
 * Two pixels in 32 bits, as they are in memory. First a little is taken off each channel, in
 * proportion to it: then no threshold carries into the next channel, and 0 and 255 come out as
 * 0 and as 31 or 63 whatever the threshold. (What is taken off may be more than the
 * threshold. The difference then borrows from the next channel, and the sum pays it back.)
 *
 * One pixel, 0x00c86414, where the matrix has 10, so that thresholds are 5 and 2:
 *
 *	red     200 - (200 >> 5) + 5 = 199     199 >> 3 = 24 of 31
 *	green   100 - (100 >> 6) + 2 = 101     101 >> 2 = 25 of 63
 *	blue     20 - ( 20 >> 5) + 5 =  25      25 >> 3 =  3 of 31     in RGB565: 0xc323
 *
 * Then blue moves up to green, and both of them to red, so that each pixel is in the middle 16 of
 * its 32 bits: 0x00c32300. (x86 has one instruction that multiplies by 4 or 8 and adds.)
 */
static __always_inline u32 pair_rgb565(u64 pair, u64 thresholds)
{
	pair += thresholds - ((pair >> 5 & 0x0007000700070007ull) |
			      (pair >> 6 & 0x0000030000000300ull));
	pair = (pair & 0x00f8000000f80000ull) +
	       8 * ((pair & 0x0000fc000000fc00ull) + 4 * (pair & 0x000000f8000000f8ull));

	return (__force u32)cpu_to_le32((pair | pair << 16) >> 24);
}

static void write_rgb565(u32 *vram, u64 *kept, const void *src, u32 blocks, const u8 *row)
{
	const u64 even = pair_thresholds(row), odd = pair_thresholds(row + 2);
	struct block block;

	for (; blocks; blocks--, vram += 4, src += SHADOW_BLOCK_BYTES) {
		block = load_block(src);
		if (kept) {
			store_block(kept, block);
			kept += 4;
		}
		vram[0] = pair_rgb565(block.a, even);
		vram[1] = pair_rgb565(block.b, odd);
		vram[2] = pair_rgb565(block.c, even);
		vram[3] = pair_rgb565(block.d, odd);
	}
}

/**
 * shadow_swap_pixels - reverse the bytes of each pixel
 * @pixels: the pixels, each at a multiple of its size, except for those of 3 bytes
 * @count: how many
 * @cpp: bytes per pixel
 *
 * So little endian becomes big endian, and the other way round.
 *
 * Context: Any.
 */
void shadow_swap_pixels(void *pixels, u32 count, u32 cpp)
{
	for (u8 *pixel = pixels; count; count--, pixel += cpp) {
		if (cpp == 4)
			swab32s((u32 *)pixel);
		else
			swap(pixel[0], pixel[cpp - 1]);
	}
}

/**
 * shadow_write_blocks - write pixels to VRAM and to the shadow frame
 * @to: the first line
 * @kept: the line in the shadow frame, at a multiple of 8, or NULL: it is not kept then
 * @src: XRGB8888 pixels, at any alignment; their X byte is ignored
 * @x: where on the line @src begins, a multiple of SHADOW_PIXEL_BLOCK
 * @count: how many pixels, a multiple of SHADOW_PIXEL_BLOCK. They may go on in the lines below,
 *	but not at 2 bytes per pixel, and not if their bytes have to be swapped.
 *
 * A pixel's value follows from its color and its place on the screen alone.
 *
 * Context: Any.
 */
void shadow_write_blocks(const struct shadow_target *to, u32 *kept, const void *src, u32 x,
			 u32 count)
{
	void *out = to->swap_line ?: to->vram + x * to->cpp, *keep = kept ? kept + x : NULL;
	const u8 *row = to->dither ? bayer_matrix[to->y % 4] : no_dither;
	u32 blocks = count / SHADOW_PIXEL_BLOCK;

	if (to->cpp == 4)
		write_xrgb8888(out, keep, src, blocks);
	else if (to->cpp == 3)
		write_rgb888(out, keep, src, blocks);
	else
		write_rgb565(out, keep, src, blocks, row);

	if (to->swap_line) {
		shadow_swap_pixels(out, count, to->cpp);
		shadow_vram_copy(to->vram + x * to->cpp, out, count * to->cpp);
	}
}
