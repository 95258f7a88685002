/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the core's files share, and adapters need not know.
 */
#ifndef SHADOW_CORE_H
#define SHADOW_CORE_H

#include <linux/kref.h>
#include <linux/sizes.h>

#include <drm/drm_gem_atomic_helper.h>

#include "shadow.h"

/*
 * The kernel aligns both large allocations and VRAM's mapping to 2 MiB. The TLB of
 * QEMU's TCG has one entry for all addresses that are so many pages apart: without
 * this, a line of the frame and the same line of VRAM evict each other, and an
 * upload takes twice as long, after every other loading of the module.
 */
#define SHADOW_FRAME_OFFSET	(5 * SZ_4K)

/**
 * struct shadow_frame - the picture that VRAM shows, in ordinary memory
 * @ref: counts the plane states that use it
 * @valid: whether VRAM really shows it; if not, all of it has to be written.
 *	Only the commit tail looks at it.
 * @width: visible width, in pixels
 * @height: visible height, in lines
 * @stride: pixels from a line to the next: @width rounded up to
 *	SHADOW_PIXEL_BLOCK; the columns beyond @width are and stay black
 * @offset: unused; see SHADOW_FRAME_OFFSET
 * @pixels: XRGB8888, before conversion to the scanout format
 *
 * It tells what VRAM holds without reading VRAM, and it lets the flush write
 * aligned 64-bit words whatever the alignment of the client's framebuffer.
 */
struct shadow_frame {
	struct kref ref;
	bool valid;
	u32 width, height;
	u32 stride;
	u8 offset[SHADOW_FRAME_OFFSET];
	u32 pixels[] __aligned(sizeof(u64));
};

struct shadow_frame *shadow_frame_create(u32 width, u32 height);
struct shadow_frame *shadow_frame_get(struct shadow_frame *frame);
void shadow_frame_put(struct shadow_frame *frame);

void shadow_flush(struct shadow_device *sdev, struct shadow_frame *frame,
		  const void *src, u32 src_pitch, const struct drm_rect *damage);

/**
 * struct shadow_plane_state - what atomic_check decided about the plane
 * @base: DRM's part, with the framebuffer's mapping
 * @layout: how the picture will lie in VRAM
 * @frame: the shadow of it; prepare_fb provides one of the right size
 */
struct shadow_plane_state {
	struct drm_shadow_plane_state base;
	struct shadow_layout layout;
	struct shadow_frame *frame;
};

static inline struct shadow_plane_state *
to_shadow_plane_state(struct drm_plane_state *plane_state)
{
	return container_of(to_drm_shadow_plane_state(plane_state),
			    struct shadow_plane_state, base);
}

void shadow_handover_save(struct shadow_device *sdev);
void shadow_handover_in(struct shadow_device *sdev);
bool shadow_handover_adopt(struct shadow_device *sdev, const struct shadow_layout *layout);
void shadow_handover_out(struct shadow_device *sdev);

void shadow_debugfs_init(struct shadow_device *sdev);
int shadow_plane_init(struct shadow_device *sdev);
int shadow_pipe_init(struct shadow_device *sdev);
void shadow_pipe_blank(struct shadow_device *sdev);
void shadow_pipe_reset(struct shadow_device *sdev);

#endif
