// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a client's framebuffer through the shadow frame to VRAM.
 *
 * QEMU finds out what to redraw from dirty 4 KiB pages of VRAM, so nothing is
 * written that has not changed.  No register is accessed here: on hardware
 * virtualization each access would leave the guest.
 */

#include <linux/moduleparam.h>

#include <drm/drm_rect.h>

#include "core.h"

static bool shadow_dither = true;
module_param_named(dither, shadow_dither, bool, 0444);
MODULE_PARM_DESC(dither, "dither pictures that are scanned out at 16 bpp (default: yes)");

/**
 * shadow_flush - bring the changes in a part of a client's picture to the screen
 * @sdev: the device, whose frame is as @scanout lies
 * @src: the client's picture
 * @damage: which part of the screen, in pixels; clipped to the screen. Its width and height must
 *	not overflow
 * @now: the time of the commit, in ms, which is the same for all of its damage
 *
 * Context: Commit tail, between drm_dev_enter() and drm_dev_exit().
 */
void shadow_flush(struct shadow_device *sdev, const struct shadow_source *src,
		  const struct drm_rect *damage, u32 now)
{
	struct drm_rect clip = DRM_RECT_INIT(0, 0, sdev->frame->width, sdev->frame->height);
	u32 y, count;

	if (!drm_rect_intersect(&clip, damage))
		return;

	for (y = clip.y1; y < clip.y2; y += count) {
		struct shadow_target to = {
			.vram = sdev->vram + shadow_layout_offset(&sdev->scanout, y),
			.y = y,
			.lines = min_t(u32, clip.y2 - y, shadow_layout_run(&sdev->scanout, y)),
			.cpp = sdev->scanout.cpp,
			.dither = shadow_dither,
			.swap_line = sdev->swapped ? sdev->frame->swap_line : NULL,
		};
		count = shadow_flush_lines(sdev->frame, &to, src, clip.x1, clip.x2, now,
					   &sdev->stats);
	}
}

/**
 * shadow_note_shown - remember how much of VRAM is shown
 * @sdev: the device
 * @end: where in VRAM a picture ends that is shown, or about to be, in bytes
 *
 * Context: Probe, or as for shadow_make_black().
 */
void shadow_note_shown(struct shadow_device *sdev, u64 end)
{
	sdev->shown_size = max(sdev->shown_size, min_t(u64, end, sdev->vram_size));
}

/**
 * shadow_make_black - make VRAM black
 * @sdev: the device
 * @size: how much of it, from its start, in bytes
 *
 * The shadow frame does not learn of this: it is no longer valid.
 *
 * Context: Commit tail or resume, between drm_dev_enter() and drm_dev_exit(), or remove
 * and shutdown after drm_dev_unplug().
 */
void shadow_make_black(struct shadow_device *sdev, u32 size)
{
	sdev->frame_valid = false;
	sdev->stats.written += size;
	shadow_vram_clear(sdev->vram, round_up(size, sizeof(u64)));
}
