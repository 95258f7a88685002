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

#include "core.h"

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
 * If the client has named the cursor plane alone, the rest of the screen is as it was. A client
 * that names the primary plane as well, and has no clips, says by this that all of the picture may
 * be new.
 *
 * DRM does not check where a plane is that is not shown. Its rectangle may be any four numbers.
 *
 * Context: as for shadow_flush().
 * Return: Whether that is all there is to flush.
 */
bool shadow_cursor_flush(struct shadow_device *sdev, struct drm_atomic_commit *commit,
			 const struct shadow_source *src, u32 now)
{
	struct drm_plane_state *old_cursor = drm_atomic_get_old_plane_state(commit, &sdev->cursor);
	struct drm_plane_state *new_cursor = drm_atomic_get_new_plane_state(commit, &sdev->cursor);
	struct drm_crtc_state *new_crtc_state = drm_atomic_get_new_crtc_state(commit, &sdev->crtc);

	if (!new_cursor)
		return false;

	if (old_cursor->visible)
		shadow_flush(sdev, src, &old_cursor->dst, now);
	if (new_cursor->visible)
		shadow_flush(sdev, src, &new_cursor->dst, now);

	return to_shadow_crtc_state(new_crtc_state)->cursor_only;
}
