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
 * @width: visible width, in pixels
 * @height: visible height, in lines
 *
 * Context: Process context, may sleep.
 * Return: A black frame that is not valid yet, with one reference, or NULL.
 */
struct shadow_frame *shadow_frame_create(u32 width, u32 height)
{
	u32 stride = round_up(width, SHADOW_PIXEL_BLOCK);
	struct shadow_frame *frame;
	size_t size = (size_t)stride * height;

	frame = kvzalloc(struct_size(frame, pixels, size), GFP_KERNEL);
	if (!frame)
		return NULL;

	kref_init(&frame->ref);
	frame->width = width;
	frame->height = height;
	frame->stride = stride;

	return frame;
}

static u32 *shadow_frame_line(struct shadow_frame *frame, u32 y)
{
	return frame->pixels + (size_t)y * frame->stride;
}

static void shadow_frame_release(struct kref *ref)
{
	kvfree(container_of(ref, struct shadow_frame, ref));
}

/**
 * shadow_frame_get - take a reference to a shadow frame
 * @frame: the frame, or NULL
 *
 * Context: Any.
 * Return: @frame.
 */
struct shadow_frame *shadow_frame_get(struct shadow_frame *frame)
{
	if (frame)
		kref_get(&frame->ref);

	return frame;
}

/**
 * shadow_frame_put - drop a reference to a shadow frame
 * @frame: the frame, or NULL
 *
 * Context: Process context, may sleep.
 */
void shadow_frame_put(struct shadow_frame *frame)
{
	if (frame)
		kref_put(&frame->ref, shadow_frame_release);
}

/*
 * VRAM
 */

static void shadow_flush_blocks(struct shadow_device *sdev, struct shadow_frame *frame,
				const void *src, u32 y, u32 x, u32 count)
{
	u32 cpp = sdev->scanout.cpp;
	void *vram = sdev->vram + shadow_layout_offset(&sdev->scanout, y) + x * cpp;
	u32 *old = shadow_frame_line(frame, y) + x;
	u32 start, end = 0, written = 0;

	if (frame->valid) {
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
static void shadow_flush_part(struct shadow_device *sdev, struct shadow_frame *frame,
			      const void *src, u32 y, u32 x1, u32 x2)
{
	u32 x = round_down(x1, SHADOW_PIXEL_BLOCK);
	u32 block[SHADOW_PIXEL_BLOCK];

	memcpy(block, shadow_frame_line(frame, y) + x, sizeof(block));
	memcpy(block + x1 - x, src, (x2 - x1) * sizeof(*block));
	shadow_flush_blocks(sdev, frame, block, y, x, SHADOW_PIXEL_BLOCK);
}

static void shadow_flush_line(struct shadow_device *sdev, struct shadow_frame *frame,
			      const void *src, u32 y, u32 x1, u32 x2)
{
	u32 head = min(round_up(x1, SHADOW_PIXEL_BLOCK), x2);
	u32 tail = max(round_down(x2, SHADOW_PIXEL_BLOCK), head);

	if (x1 < head)
		shadow_flush_part(sdev, frame, src, y, x1, head);
	if (head < tail)
		shadow_flush_blocks(sdev, frame, src + (head - x1) * sizeof(u32), y, head,
				    tail - head);
	if (tail < x2)
		shadow_flush_part(sdev, frame, src + (tail - x1) * sizeof(u32), y, tail, x2);
}

/**
 * shadow_flush - bring a part of a client's picture to the screen
 * @sdev: the device; &shadow_device.scanout has the size of @frame
 * @frame: what VRAM shows; updated
 * @src: the screen's top left pixel in the client's buffer, at any alignment
 * @src_pitch: bytes from a line in the client's buffer to the next
 * @damage: which part of the screen, in pixels; clipped to the screen. If
 *	@frame is not valid it must be all of the screen.
 *
 * Context: Commit tail, between drm_dev_enter() and drm_dev_exit().
 */
void shadow_flush(struct shadow_device *sdev, struct shadow_frame *frame,
		  const void *src, u32 src_pitch, const struct drm_rect *damage)
{
	struct drm_rect clip = DRM_RECT_INIT(0, 0, frame->width, frame->height);
	u32 y;

	if (!drm_rect_intersect(&clip, damage))
		return;

	src += (size_t)clip.y1 * src_pitch + (size_t)clip.x1 * sizeof(u32);
	for (y = clip.y1; y < clip.y2; y++, src += src_pitch)
		shadow_flush_line(sdev, frame, src, y, clip.x1, clip.x2);
}

/**
 * shadow_clear - make a part of VRAM black
 * @sdev: the device
 * @start: where it begins, in bytes
 * @size: how large it is, in bytes
 *
 * Context: Commit tail or resume, between drm_dev_enter() and drm_dev_exit(), or
 * remove and shutdown after drm_dev_unplug().
 */
void shadow_clear(struct shadow_device *sdev, u32 start, u32 size)
{
	sdev->stats.written += size;
	memset(sdev->vram + start, 0, size);
}
