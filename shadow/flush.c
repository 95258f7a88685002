// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a client's framebuffer through the shadow frame to VRAM.
 *
 * QEMU finds out what to redraw from dirty 4 KiB pages of VRAM, so nothing is
 * written that has not changed.  No register is accessed here: on hardware
 * virtualization each access would leave the guest.
 */

#include <linux/io.h>
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

	/* the scratch line follows the picture */
	frame = kvzalloc(struct_size(frame, pixels, size + stride), GFP_KERNEL);
	if (!frame)
		return NULL;

	kref_init(&frame->ref);
	frame->width = width;
	frame->height = height;
	frame->stride = stride;
	frame->scratch = frame->pixels + size;

	return frame;
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

/* Write pixels x1 to x2 of a line of the frame to VRAM, in whole blocks. */
static void shadow_write_line(struct shadow_device *sdev, struct shadow_frame *frame,
			      u32 y, u32 x1, u32 x2)
{
	const struct shadow_layout *layout = &sdev->scanout;
	const u32 *line = frame->pixels + (size_t)y * frame->stride;
	void __iomem *dst;
	const void *src;

	x1 = round_down(x1, SHADOW_PIXEL_BLOCK);
	x2 = round_up(x2, SHADOW_PIXEL_BLOCK);
	dst = sdev->vram + shadow_layout_offset(layout, y) + x1 * layout->cpp;
	src = line + x1;

	if (layout->cpp != sizeof(*line)) {
		shadow_convert_line(frame->scratch, src, x2 - x1, layout->cpp, y, shadow_dither);
		src = frame->scratch;
	}

	__iowrite64_copy(dst, src, (x2 - x1) * layout->cpp / sizeof(u64));
}

static void shadow_flush_line(struct shadow_device *sdev, struct shadow_frame *frame,
			      const void *src, u32 y, u32 x1, u32 x2)
{
	u32 *line = frame->pixels + (size_t)y * frame->stride;
	u32 start = 0, end = x2 - x1;

	if (frame->valid && !shadow_span(src, line + x1, x2 - x1, &start, &end))
		return;

	memcpy(line + x1 + start, src + start * sizeof(*line), (end - start) * sizeof(*line));
	shadow_write_line(sdev, frame, y, x1 + start, x1 + end);
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
 * shadow_clear - make the part of VRAM black that a layout shows
 * @sdev: the device
 * @layout: which part; may be empty
 *
 * Context: Commit tail, between drm_dev_enter() and drm_dev_exit().
 */
void shadow_clear(struct shadow_device *sdev, const struct shadow_layout *layout)
{
	u32 lower = layout->height - layout->split;

	memset_io(sdev->vram + layout->start, 0, layout->split * layout->pitch);
	memset_io(sdev->vram, 0, lower * layout->pitch);
}
