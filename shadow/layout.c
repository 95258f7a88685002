// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which scanout format and pitch a mode gets in how much VRAM.
 *
 * Where VRAM is too small for 32 bits per pixel, the picture is scanned out with
 * fewer, whatever format the client draws in. Clients do not notice. This is how
 * 3840x2160 fits in 16 MiB, and 1920x1080 in 4 MiB.
 */

#include <linux/math.h>
#include <linux/minmax.h>

#include "layout.h"

/*
 * Find a place in VRAM for a picture whose size and pitch are known.
 *
 * On most adapters that is address 0. One that is higher than flat_height is cut in
 * two, which only Cirrus needs (cirrus/cirrus.c says why): from that line on the
 * adapter reads from address 0, so the lower piece lies there, and the upper one
 * behind it. The upper piece ends where VRAM ends, if it can start that far behind.
 *
 *	VRAM   | lower piece |   unused   | upper piece |
 *	       0                          start         end of VRAM
 */
static bool shadow_layout_place(const struct shadow_limits *limits, u32 vram_size,
				struct shadow_layout *layout)
{
	u64 upper, lower;

	layout->split = layout->height;
	if (layout->height > limits->flat_height) {
		if (layout->height % 2)
			return false;
		layout->split = limits->flat_height;
	}

	upper = (u64)layout->split * layout->pitch;
	lower = (u64)(layout->height - layout->split) * layout->pitch;
	if (upper + lower > vram_size)
		return false;

	layout->start = lower ? min(vram_size - upper, limits->max_start) : 0;

	return lower <= layout->start;
}

/**
 * shadow_layout_fit - find the deepest format in which a picture fits in VRAM
 * @limits: what the adapter can do
 * @vram_size: bytes of VRAM
 * @width: visible width, in pixels
 * @height: visible height, in lines
 * @layout: the answer; untouched if there is none
 *
 * The pitch follows from the mode alone, never from a client's framebuffer.
 *
 * Context: Any; computes only.
 * Return: Whether the adapter can show a picture of that size.
 */
bool shadow_layout_fit(const struct shadow_limits *limits, u32 vram_size,
		       u32 width, u32 height, struct shadow_layout *layout)
{
	struct shadow_layout fit = { .width = width, .height = height };
	const u8 *cpp;

	if (width < limits->min_width || width > limits->max_width ||
	    height < limits->min_height || height > limits->max_height)
		return false;

	fit.scan_width = roundup(width, limits->width_step);

	for (cpp = limits->cpp; *cpp; cpp++) {
		fit.cpp = *cpp;
		fit.pitch = roundup(fit.scan_width, SHADOW_PIXEL_BLOCK) * fit.cpp;
		if (fit.pitch <= limits->max_pitch &&
		    shadow_layout_place(limits, vram_size, &fit)) {
			*layout = fit;
			return true;
		}
	}

	return false;
}
