/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pure functions: how pixels get to VRAM.
 *
 * What is declared here knows neither DRM nor hardware.  tests/unit compiles
 * the very same files for the host, with sanitizers, and tests/native as the kernel
 * does, to time them.
 */
#ifndef SHADOW_FRAME_H
#define SHADOW_FRAME_H

#include <linux/compiler.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include <asm/byteorder.h>

#include "layout.h"
#include "vram.h"

/* So many pairs of pixels of a line that is held are looked at. */
#define SHADOW_WATCHED	8

/**
 * struct shadow_line - how often a line changes
 * @since: when at least half of it was last found or seen changed, in ms; long ago if that was
 *	never
 * @held: whether it is held; then the frame does not have what VRAM shows of it
 * @seen: the pixels that are looked at while it is held
 */
struct shadow_line {
	u32 since;
	bool held;
	u64 seen[SHADOW_WATCHED];
};

/**
 * struct shadow_frame - the picture that VRAM shows, except on lines that are held
 * @width: visible width, in pixels
 * @height: visible height, in lines
 * @padded_width: pixels from a line to the next, which is @width rounded up to
 *	SHADOW_PIXEL_BLOCK. The columns beyond @width stay black.
 * @pixels: XRGB8888, before conversion to the scanout format
 * @scratch: room for a line that has to be converted before it is compared, has the cursor in front
 *	of it, or ends within a block
 * @swap_line: room for a line whose pixels are being made big endian
 * @lines: how often each line changes
 *
 * It is in ordinary memory, so VRAM need not be read to find out what it holds. Its pixels are
 * aligned, so the flush writes aligned words wherever the client's framebuffer begins.
 *
 * The lines come before the pixels for a reason. The frame may begin at a multiple of 2 MiB, as
 * VRAM does. Where QEMU emulates the CPU, pages whose numbers are equal modulo a power of two share
 * one place in its TLB. If the pixels began there, a line of 32 bpp would share a place with its
 * copy in VRAM, and each would push the other out with each block that is written to both.
 */
struct shadow_frame {
	u32 width, height;
	u32 padded_width;
	u32 *pixels;
	u32 *scratch;
	void *swap_line;
	struct shadow_line lines[] __aligned(sizeof(u64));
};

/**
 * struct shadow_stats - what was done to the picture, for debugfs
 * @uploads: pictures that were written as a whole, without comparing
 * @flushes: other updates
 * @compared: bytes of clients' pixels, as XRGB8888, that were compared with the shadow frame
 * @skipped: how many of these needed no write
 * @held: bytes of clients' pixels that were written without comparing, on lines that are held;
 *	for an upload that is all of them
 * @written: bytes written to VRAM, in the scanout format
 */
struct shadow_stats {
	u64 uploads, flushes;
	u64 compared, skipped, held, written;
};

/**
 * struct shadow_source - a client's picture
 * @pixels: its top left pixel in the client's buffer, at any alignment
 * @pitch: bytes from a line to the next
 * @cpp: bytes per pixel: 4 means XRGB8888, or ARGB8888 with premultiplied alpha, which is the
 *	same in front of black; 3 means RGB888, 2 RGB565
 * @swapped: the four bytes are those of BGRX8888, which is XRGB8888 as big-endian CPUs write it
 * @x1: the screen's column where it begins
 * @y1: the screen's line where it begins
 * @x2: one past its last column
 * @y2: one past its last line
 * @cursor: a picture in front of this one, in ARGB8888 with premultiplied alpha; or NULL
 */
struct shadow_source {
	const void *pixels;
	u32 pitch;
	u32 cpp;
	bool swapped;
	u32 x1, y1, x2, y2;
	const struct shadow_source *cursor;
};

/**
 * shadow_lines_to_cursor - count the lines until the cursor begins
 * @src: a client's picture
 * @y: a line that the cursor is not in front of
 * @lines: how many lines there are, with @y
 *
 * Return: How many of these are above the cursor. All of them are if it is above @y, or if there
 * is none.
 */
static inline u32 shadow_lines_to_cursor(const struct shadow_source *src, u32 y, u32 lines)
{
	return src->cursor && y < src->cursor->y1 ? min(lines, src->cursor->y1 - y) : lines;
}

/**
 * struct shadow_target - the lines of the screen that a client's pixels go to
 * @vram: the first pixel of the first line in VRAM, at a multiple of 8
 * @y: the number of that line
 * @lines: how many lines there are. Each follows the one above it in VRAM without a gap.
 * @cpp: bytes per pixel of the scanout format: 4, 3 or 2
 * @dither: whether to dither at 2 bytes per pixel, or to round
 * @swap_line: if pixels in VRAM are big endian, room for a line in which their bytes are swapped,
 *	at a multiple of 8, and not where the source is; otherwise NULL
 */
struct shadow_target {
	void *vram;
	u32 y, lines;
	u32 cpp;
	bool dither;
	void *swap_line;
};

/* Two pixels, from any address: where a client's framebuffer begins is up to the client. */
static __always_inline u64 shadow_load_pair(const void *src)
{
	u64 pair;

	memcpy(&pair, src, sizeof(pair));
	return pair;
}

/* In a pair, what is not X */
#define SHADOW_COLORS	0x00ffffff00ffffffull

/*
 * Pixels in memory are little endian whatever the CPU is: clients', the frame's and, nearly always,
 * VRAM's. What is computed with them is converted, there and back by the same function.
 */
static __always_inline u64 shadow_le64(u64 pixels)
{
	return (__force u64)cpu_to_le64(pixels);
}

/*
 * For functions with loops over pixels or lines. Where QEMU emulates the CPU, a loop that crosses
 * from a page of code to the next is slow: QEMU has to look up each time where it goes on. A
 * function of up to 2 KiB that begins at a multiple of that is in one page.
 */
#define SHADOW_IN_A_PAGE	__aligned(2048)

size_t shadow_frame_size(const struct shadow_layout *layout);
void shadow_frame_init(struct shadow_frame *frame, const struct shadow_layout *layout, u32 now);
SHADOW_IN_A_PAGE
u32 shadow_flush_lines(struct shadow_frame *frame, const struct shadow_target *to,
		       const struct shadow_source *src, u32 x1, u32 x2, u32 now,
		       struct shadow_stats *stats);

const void *shadow_source_line(const struct shadow_source *src, u32 y, u32 x1, u32 x2, u32 *line);

SHADOW_IN_A_PAGE
bool shadow_next_span(const void *src, const u32 *kept, u32 count, u32 *start, u32 *end);

void shadow_swap_pixels(void *pixels, u32 count, u32 cpp);
SHADOW_IN_A_PAGE
void shadow_write_blocks(const struct shadow_target *to, u32 *kept, const void *src, u32 x,
			 u32 count);

#endif
