// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cursor plane: a small picture in front of the primary plane's.
 *
 * No adapter has a hardware cursor that is of use. This one is blended into the client's lines
 * where they are read (source.c). So the shadow frame has what VRAM shows, cursor and all, and the
 * rest of the flush need not know of it. A motion costs two small pieces of damage: where the
 * cursor was, and where it is. Without this plane a compositor draws the cursor itself, and each
 * motion is a new picture.
 *
 * While the cursor has a framebuffer, a commit that has one of the planes has both (pipe.c sees to
 * that). So both framebuffers are mapped, and one function draws them: the primary plane's update.
 *
 * A cursor may have any size. DRM_CAP_CURSOR_WIDTH and _HEIGHT say 64, which is DRM's default.
 * Compositors and Xorg make all of their cursors as large as these say, and blending 256x256 would
 * take 16 times as long.
 */

#include <drm/drm_atomic.h>
#include <drm/drm_damage_helper.h>

#include "core.h"

static bool shadow_plane_same(const struct drm_plane_state *a, const struct drm_plane_state *b)
{
	return a->fb == b->fb && drm_rect_equals(&a->src, &b->src) &&
	       drm_rect_equals(&a->dst, &b->dst);
}

/**
 * shadow_cursor_flush - bring a cursor to the screen that is shown, moved, changed or hidden
 * @sdev: the device, whose frame is valid
 * @commit: the commit
 * @src: the client's picture, with the cursor as it is now
 * @now: the time of the commit, in ms
 *
 * Where the cursor is, it is flushed even if it seems to be the same: a new one may have been drawn
 * into its framebuffer.
 *
 * A commit for the cursor alone must not flush all of the screen. wlroots names the primary plane as
 * well, with the framebuffer that is shown and without clips, whenever the cursor changes. DRM says
 * that such a framebuffer is all new, but here it is taken for the same. So a client that draws into
 * what is shown, and changes the cursor in the same commit, has to send clips.
 *
 * DRM does not check where a plane is that is not shown. Its rectangle may be any four numbers.
 *
 * Context: as for shadow_flush().
 * Return: Whether that is all there is to flush.
 */
bool shadow_cursor_flush(struct shadow_device *sdev, struct drm_atomic_commit *commit,
			 const struct shadow_source *src, u32 now)
{
	struct drm_plane_state *old_primary = drm_atomic_get_old_plane_state(commit, &sdev->plane);
	struct drm_plane_state *new_primary = drm_atomic_get_new_plane_state(commit, &sdev->plane);
	struct drm_plane_state *old_cursor = drm_atomic_get_old_plane_state(commit, &sdev->cursor);
	struct drm_plane_state *new_cursor = drm_atomic_get_new_plane_state(commit, &sdev->cursor);
	struct drm_crtc_state *new_crtc_state = drm_atomic_get_new_crtc_state(commit, &sdev->crtc);

	if (!new_cursor)
		return false;

	if (old_cursor->visible)
		shadow_flush(sdev, src, &old_cursor->dst, now);
	if (new_cursor->visible)
		shadow_flush(sdev, src, &new_cursor->dst, now);

	return to_shadow_crtc_state(new_crtc_state)->cursor_only ||
	       ((old_cursor->visible || new_cursor->visible) &&
		!shadow_plane_same(old_cursor, new_cursor) &&
		!drm_plane_get_damage_clips_count(new_primary) &&
		shadow_plane_same(old_primary, new_primary));
}
