/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What "-vga cirrus" can scan out.  Pure data: tests/unit has it too.
 */
#ifndef CIRRUS_LIMITS_H
#define CIRRUS_LIMITS_H

#include "layout.h"

/* The height that the registers hold without doubling, and the first line from address 0 */
#define CIRRUS_FLAT_HEIGHT		1024

#define CIRRUS_MIN_VRAM			(4u << 20)
#define CIRRUS_MAX_VRAM			(16u << 20)

/*
 * With more than 4 MiB, QEMU honors the split only while the hardware cursor is on, so
 * its pattern is all zeros, which is transparent. Patterns are in the last 16 KiB of
 * the first 4 MiB. The picture's lower piece ends before that, since it has at most 1024
 * lines of 4080 bytes. The upper piece begins after it, at a multiple of 1 KiB.
 */
#define CIRRUS_CURSOR_PATTERN		((4u << 20) - (16u << 10))
#define CIRRUS_MAX_START		(CIRRUS_CURSOR_PATTERN + (1u << 10))

/*
 * Registers hold a pitch of 4088 bytes and a width of 2048 pixels. No layout gets there: widths
 * are multiples of 8 pixels, so at 16 bpp the widest has 2040, and a pitch of 4080 bytes.
 */
#define CIRRUS_LIMITS { \
	.min_width = 64, .min_height = 64, \
	.max_width = 2048, .max_height = 2 * CIRRUS_FLAT_HEIGHT, \
	.width_step = 8, \
	.max_pitch = 4088, \
	.flat_height = CIRRUS_FLAT_HEIGHT, \
	.max_start = CIRRUS_MAX_START, \
	.cpp = { 4, 3, 2 }, \
}

#endif
