// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which scanout format and pitch a mode gets in how much VRAM.
 *
 * Clients always draw XRGB8888.  Where VRAM is too small for that, the picture
 * is scanned out with fewer bits per pixel, and clients notice nothing: this is
 * how 3840x2160 fits in 16 MiB and 1920x1080 in 4 MiB.
 */

#include "layout.h"

static u32 round_up_to(u32 value, u32 step)
{
	return (value + step - 1) / step * step;
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
	u32 scan_width, pitch;
	const u8 *cpp;

	if (width < limits->min_width || width > limits->max_width ||
	    height < limits->min_height || height > limits->max_height)
		return false;

	scan_width = round_up_to(width, limits->width_step);

	for (cpp = limits->cpp; *cpp; cpp++) {
		pitch = round_up_to(scan_width, SHADOW_PIXEL_BLOCK) * *cpp;
		if ((u64)pitch * height > vram_size)
			continue;

		*layout = (struct shadow_layout) {
			.width = width,
			.height = height,
			.scan_width = scan_width,
			.pitch = pitch,
			.cpp = *cpp,
		};
		return true;
	}

	return false;
}

/**
 * shadow_layout_equal - compare two layouts
 * @a: one layout
 * @b: another
 *
 * Context: Any.
 * Return: Whether a picture lies the same way in both.
 */
bool shadow_layout_equal(const struct shadow_layout *a, const struct shadow_layout *b)
{
	return a->width == b->width && a->height == b->height &&
	       a->scan_width == b->scan_width && a->pitch == b->pitch &&
	       a->cpp == b->cpp;
}
