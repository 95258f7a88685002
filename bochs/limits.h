/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the adapters with a dispi interface can scan out.  Pure data: tests/unit
 * has it too.
 */
#ifndef BOCHS_LIMITS_H
#define BOCHS_LIMITS_H

#include "layout.h"

#define BOCHS_MAX_WIDTH			16000
#define BOCHS_MAX_HEIGHT		12000

/* QEMU's VGA rounds the width down to a multiple of 8, without a word. */
#define BOCHS_VGA_LIMITS { \
	.min_width = 64, .min_height = 64, \
	.max_width = BOCHS_MAX_WIDTH, .max_height = BOCHS_MAX_HEIGHT, \
	.width_step = 8, \
	.max_pitch = BOCHS_MAX_WIDTH * 4, \
	.flat_height = BOCHS_MAX_HEIGHT, \
	.cpp = { 4, 3, 2 }, \
}

/* The emulator Bochs ignores larger sizes, and keeps those that it had. */
#define BOCHS_EMULATOR_LIMITS { \
	.min_width = 64, .min_height = 64, \
	.max_width = 2560, .max_height = 1600, \
	.width_step = 8, \
	.max_pitch = 2560 * 4, \
	.flat_height = 1600, \
	.cpp = { 4, 3, 2 }, \
}

#define BOCHS_DISPLAY_LIMITS { \
	.min_width = 64, .min_height = 64, \
	.max_width = BOCHS_MAX_WIDTH, .max_height = BOCHS_MAX_HEIGHT, \
	.width_step = 1, \
	.max_pitch = BOCHS_MAX_WIDTH * 4, \
	.flat_height = BOCHS_MAX_HEIGHT, \
	.cpp = { 4, 2 }, \
}

#endif
