/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the core's files share, and adapters need not know.
 */
#ifndef SHADOW_CORE_H
#define SHADOW_CORE_H

#include <drm/drm_gem_atomic_helper.h>

#include "shadow.h"

/* Largest framebuffer, in pixels; modes are further limited by the adapter */
#define SHADOW_MAX_SIZE		8192

void shadow_flush(struct shadow_device *sdev, const struct shadow_source *src,
		  const struct drm_rect *damage, u32 now);

/**
 * struct shadow_crtc_state - what atomic_check decided about the CRTC
 * @base: DRM's part
 * @layout: how the picture lies in VRAM. A CRTC that is not active keeps the layout that
 *	it had when it was last active.
 * @frame: memory for a new frame, or NULL. atomic_commit_setup allocates it, since that
 *	may fail; atomic_enable, which may not, gives it to the device. A copy of a state
 *	has NULL.
 * @frame_size: bytes of memory that the device's frame has once this state takes effect.
 *	Set by atomic_commit_setup.
 * @cursor_only: whether the client named the cursor plane, and the primary plane is there only
 *	because a commit with one of them has both. A copy of a state does not have it.
 *
 * The device's frame is used again as long as it is large enough and not far too large.
 * Only otherwise does a commit bring new memory.
 */
struct shadow_crtc_state {
	struct drm_crtc_state base;
	struct shadow_layout layout;
	struct shadow_frame *frame;
	size_t frame_size;
	bool cursor_only;
};

static inline struct shadow_crtc_state *
to_shadow_crtc_state(const struct drm_crtc_state *crtc_state)
{
	return container_of(crtc_state, struct shadow_crtc_state, base);
}

void shadow_handover_leave_ports(struct shadow_device *sdev);
void shadow_handover_out(struct shadow_device *sdev);

void shadow_debugfs_init(struct shadow_device *sdev);

bool shadow_cursor_flush(struct shadow_device *sdev, struct drm_atomic_commit *commit,
			 const struct shadow_source *src, u32 now);

enum drm_mode_status shadow_mode_valid(struct drm_device *drm, const struct drm_display_mode *mode);
int shadow_connector_init(struct shadow_device *sdev);

int shadow_plane_init(struct shadow_device *sdev);
int shadow_pipe_init(struct shadow_device *sdev);
void shadow_pipe_reset(struct shadow_device *sdev);

#endif
