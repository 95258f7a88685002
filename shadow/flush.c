// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a client's framebuffer through the shadow frame to VRAM.
 *
 * QEMU finds out what to redraw from dirty 4 KiB pages of VRAM, so nothing is
 * written that has not changed.  No register is accessed here: on hardware
 * virtualization each access would leave the guest.
 */

#include <linux/math.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include <drm/drm_rect.h>

#include "core.h"

static bool shadow_dither = true;
module_param_named(dither, shadow_dither, bool, 0444);
MODULE_PARM_DESC(dither, "dither pictures that are scanned out at 16 bpp (default: yes)");

/*
 * The shadow frame
 */

/**
 * shadow_frame_create - allocate a shadow frame
 * @layout: the layout of the picture; not empty
 *
 * The memory is accounted to the client that asks for the mode. kvfree() frees it.
 *
 * Context: Process context, may sleep.
 * Return: A black frame, or NULL.
 */
struct shadow_frame *shadow_frame_create(const struct shadow_layout *layout)
{
	u32 stride = round_up(layout->width, SHADOW_PIXEL_BLOCK);
	struct shadow_frame *frame;
	size_t size = (size_t)stride * layout->height;

	frame = kvzalloc(struct_size(frame, pixels, size), GFP_KERNEL_ACCOUNT);
	if (!frame)
		return NULL;

	frame->width = layout->width;
	frame->height = layout->height;
	frame->stride = stride;

	return frame;
}

static u32 *shadow_frame_line(struct shadow_frame *frame, u32 y)
{
	return frame->pixels + (size_t)y * frame->stride;
}

/*
 * VRAM
 */

static void shadow_flush_blocks(struct shadow_device *sdev, const void *src, u32 y, u32 x,
				u32 count, bool compare)
{
	u32 cpp = sdev->scanout.cpp;
	void *vram = sdev->vram + shadow_layout_offset(&sdev->scanout, y) + x * cpp;
	u32 *old = shadow_frame_line(sdev->frame, y) + x;
	u32 start, end = 0, written = 0;

	if (compare) {
		while (shadow_next_span(src, old, count, &start, &end)) {
			shadow_write_blocks(vram + start * cpp, old + start,
					    src + start * sizeof(*old), end - start, cpp, y,
					    shadow_dither);
			written += end - start;
		}
		sdev->stats.compared += count * sizeof(*old);
		sdev->stats.skipped += (count - written) * sizeof(*old);
	} else {
		shadow_write_blocks(vram, old, src, count, cpp, y, shadow_dither);
		written = count;
	}

	sdev->stats.written += written * cpp;
}

/* A part of one block: the rest of it stays as it is. */
static void shadow_flush_part(struct shadow_device *sdev, const void *src, u32 y, u32 x1, u32 x2,
			      bool compare)
{
	u32 x = round_down(x1, SHADOW_PIXEL_BLOCK);
	u32 block[SHADOW_PIXEL_BLOCK];

	memcpy(block, shadow_frame_line(sdev->frame, y) + x, sizeof(block));
	memcpy(block + x1 - x, src, (x2 - x1) * sizeof(*block));
	shadow_flush_blocks(sdev, block, y, x, SHADOW_PIXEL_BLOCK, compare);
}

static void shadow_flush_line(struct shadow_device *sdev, const void *src, u32 y, u32 x1, u32 x2,
			      bool compare)
{
	u32 head = min(round_up(x1, SHADOW_PIXEL_BLOCK), x2);
	u32 tail = max(round_down(x2, SHADOW_PIXEL_BLOCK), head);

	if (x1 < head)
		shadow_flush_part(sdev, src, y, x1, head, compare);
	if (head < tail)
		shadow_flush_blocks(sdev, src + (head - x1) * sizeof(u32), y, head, tail - head,
				    compare);
	if (tail < x2)
		shadow_flush_part(sdev, src + (tail - x1) * sizeof(u32), y, tail, x2, compare);
}

/**
 * shadow_flush - bring a part of a client's picture to the screen
 * @sdev: the device, whose frame has the size of &shadow_device.scanout
 * @src: the screen's top left pixel in the client's buffer, at any alignment
 * @src_pitch: bytes from a line in the client's buffer to the next
 * @damage: which part of the screen, in pixels; clipped to the screen
 * @compare: whether to write only what differs from the frame, since VRAM shows that;
 *	otherwise all of @damage is written
 *
 * Context: Commit tail, between drm_dev_enter() and drm_dev_exit().
 */
void shadow_flush(struct shadow_device *sdev, const void *src, u32 src_pitch,
		  const struct drm_rect *damage, bool compare)
{
	struct drm_rect clip = DRM_RECT_INIT(0, 0, sdev->frame->width, sdev->frame->height);
	u32 y;

	if (!drm_rect_intersect(&clip, damage))
		return;

	src += (size_t)clip.y1 * src_pitch + (size_t)clip.x1 * sizeof(u32);
	for (y = clip.y1; y < clip.y2; y++, src += src_pitch)
		shadow_flush_line(sdev, src, y, clip.x1, clip.x2, compare);
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
 * Context: Commit tail or resume, between drm_dev_enter() and drm_dev_exit(), or remove
 * and shutdown after drm_dev_unplug().
 */
void shadow_make_black(struct shadow_device *sdev, u32 size)
{
	sdev->frame_valid = false;
	sdev->stats.written += size;
	memset(sdev->vram, 0, size);
}
