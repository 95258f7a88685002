/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the pure functions share.
 */
#ifndef PURE_TEST_H
#define PURE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "frame.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static inline u32 random_below(u32 limit)
{
	return ((u32)random() << 16 ^ (u32)random()) % limit;
}

u32 naive(u32 xrgb, u32 cpp, u32 x, u32 y, bool dither);
u32 bytes_of_pixel(const void *line, u32 x, u32 cpp);
u32 reversed(u32 pixel, u32 cpp);
u32 naive_xrgb(const void *line, u32 x, u32 cpp);
u32 behind_cursor(const struct shadow_source *cursor, u32 x, u32 y, u32 xrgb);
void random_cursor(struct shadow_source *cursor, u32 width, u32 height);

/* Each tells how many tests failed. */
int test_pixels(void);
int test_frames(void);

#endif
