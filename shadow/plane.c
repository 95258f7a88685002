// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The planes: which framebuffer is shown, and what of it has changed. What is special about the
 * cursor plane is in cursor.c.
 *
 * In the names, _helper_ marks hooks that the atomic helpers call; the others
 * are called by the DRM core on behalf of user space. Checks decide, and may
 * refuse; updates execute what was decided, and cannot fail.
 */

#include <linux/jiffies.h>

#include <drm/drm_atomic_helper.h>
#include <drm/drm_blend.h>
#include <drm/drm_damage_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_framebuffer.h>
#include <drm/drm_gem_framebuffer_helper.h>
#include <drm/drm_modeset_helper_vtables.h>

#include "core.h"

/* What a clip costs beside its pixels, counted in pixels; at most */
#define SHADOW_CLIP_COST	1024

static const u32 shadow_plane_formats[] = {
	DRM_FORMAT_XRGB8888,
	DRM_FORMAT_ARGB8888,
	DRM_FORMAT_RGB888,
	DRM_FORMAT_RGB565,
	DRM_FORMAT_BGRX8888, /* what big-endian CPUs call XRGB8888 */
};

/*
 * Map the framebuffer before anything changes, since this may fail. An imported one may
 * turn out to be in another device's I/O memory.
 */
static int shadow_plane_helper_begin_fb_access(struct drm_plane *plane,
					       struct drm_plane_state *new_plane_state)
{
	int ret = drm_gem_begin_shadow_fb_access(plane, new_plane_state);

	if (ret || !to_drm_shadow_plane_state(new_plane_state)->data[0].is_iomem)
		return ret;

	drm_dbg_kms(plane->dev, "cannot read a framebuffer in I/O memory\n");
	drm_gem_end_shadow_fb_access(plane, new_plane_state);
	return -EOPNOTSUPP;
}

/*
 * The primary plane has to cover the screen, since the adapters show nothing else. While the CRTC
 * is not enabled there is no screen, and any plane will do. A cursor may be anywhere.
 *
 * A client may give a fence to a plane that shows nothing. DRM accepts that, and then warns of it
 * in the log when it waits.
 */
static int shadow_plane_helper_atomic_check(struct drm_plane *plane,
					    struct drm_atomic_commit *commit)
{
	struct drm_crtc *crtc = &to_shadow_device(plane->dev)->crtc;
	struct drm_crtc_state *new_crtc_state = drm_atomic_get_new_crtc_state(commit, crtc);
	struct drm_plane_state *new_plane_state = drm_atomic_get_new_plane_state(commit, plane);
	bool cursor = plane->type == DRM_PLANE_TYPE_CURSOR;
	int ret = drm_atomic_helper_check_plane_state(new_plane_state, new_crtc_state,
						      DRM_PLANE_NO_SCALING, DRM_PLANE_NO_SCALING,
						      cursor, true);

	if (new_plane_state->fence && !new_plane_state->fb) {
		drm_dbg_kms(plane->dev, "a fence needs a framebuffer\n");
		return -EINVAL;
	}

	if (ret || cursor || !new_crtc_state || !new_crtc_state->enable)
		return ret;

	/* the helper accepts a plane that lies wholly outside the screen */
	if (!new_plane_state->visible) {
		drm_dbg_kms(plane->dev, "the plane must cover the screen\n");
		return -EINVAL;
	}

	return 0;
}

static struct shadow_source shadow_plane_source(struct drm_plane_state *plane_state)
{
	const struct drm_framebuffer *fb = plane_state->fb;
	u32 cpp = fb->format->cpp[0], pitch = fb->pitches[0];
	u32 x = plane_state->src.x1 >> 16, y = plane_state->src.y1 >> 16;

	return (struct shadow_source) {
		.pixels = to_drm_shadow_plane_state(plane_state)->data[0].vaddr +
			  (size_t)y * pitch + x * cpp,
		.pitch = pitch,
		.cpp = cpp,
		.swapped = fb->format->format == DRM_FORMAT_BGRX8888,
		.x1 = plane_state->dst.x1, .x2 = plane_state->dst.x2,
		.y1 = plane_state->dst.y1, .y2 = plane_state->dst.y2,
	};
}

/*
 * Clips may overlap, and a client may send the same clip many times, or a clip for each pixel. Once
 * they add up to more than the screen, flush the screen, and stop.
 */
static void shadow_plane_flush_damage(struct shadow_device *sdev, struct drm_atomic_commit *commit,
				      const struct shadow_source *src)
{
	struct drm_plane_state *old_state = drm_atomic_get_old_plane_state(commit, &sdev->plane);
	struct drm_plane_state *new_state = drm_atomic_get_new_plane_state(commit, &sdev->plane);
	struct drm_atomic_helper_damage_iter iter;
	struct drm_rect screen = new_state->dst, damage;
	s64 left = (s64)drm_rect_width(&screen) * drm_rect_height(&screen);
	u32 now = jiffies_to_msecs(jiffies);

	if (!READ_ONCE(sdev->frame_valid)) {
		WRITE_ONCE(sdev->frame_valid, true); /* first: a panic screen may come meanwhile */
		sdev->stats.uploads++;
		shadow_frame_init(sdev->frame, &sdev->scanout, now);
		shadow_flush(sdev, src, &screen, now);
		return;
	}

	sdev->stats.flushes++;
	if (shadow_cursor_flush(sdev, commit, src, now))
		return;
	drm_atomic_helper_damage_iter_init(&iter, old_state, new_state);
	drm_atomic_for_each_plane_damage(&iter, &damage) {
		drm_rect_translate(&damage, -(new_state->src.x1 >> 16), -(new_state->src.y1 >> 16));
		left -= (s64)drm_rect_width(&damage) * drm_rect_height(&damage) + SHADOW_CLIP_COST;
		shadow_flush(sdev, src, left < 0 ? &screen : &damage, now);
		if (left < 0)
			return;
	}
}

/*
 * A cursor that cannot be read now is missing until something is flushed where it is. To become
 * readable may take time, and unplugging waits for what comes after drm_dev_enter().
 */
static void shadow_plane_flush(struct shadow_device *sdev, struct drm_atomic_commit *commit)
{
	struct drm_crtc_state *crtc_state = drm_atomic_get_new_crtc_state(commit, &sdev->crtc);
	struct shadow_layout *layout = &to_shadow_crtc_state(crtc_state)->layout;
	struct drm_plane_state *plane_state = drm_atomic_get_new_plane_state(commit, &sdev->plane);
	struct drm_plane_state *cursor = drm_atomic_get_new_plane_state(commit, &sdev->cursor);
	struct shadow_source src = shadow_plane_source(plane_state), above;
	int idx;

	if (cursor && cursor->visible &&
	    !drm_gem_fb_begin_cpu_access(cursor->fb, DMA_FROM_DEVICE)) {
		above = shadow_plane_source(cursor);
		src.cursor = &above;
	}
	if (drm_dev_enter(&sdev->drm, &idx)) {
		/* a mistake elsewhere must not make this write outside VRAM */
		if (!drm_WARN_ON_ONCE(&sdev->drm, !shadow_layout_equal(&sdev->scanout, layout)))
			shadow_plane_flush_damage(sdev, commit, &src);
		drm_dev_exit(idx);
	}
	if (src.cursor)
		drm_gem_fb_end_cpu_access(cursor->fb, DMA_FROM_DEVICE);
}

/*
 * The only function that brings a client's pixels to the screen: for a mode set, a flip,
 * damage, and the cursor. It is called for each plane of a commit, and draws both for the
 * primary plane, which is in every commit that changes the screen. It cannot fail. What cannot
 * be read now is uploaded later.
 */
static void shadow_plane_helper_atomic_update(struct drm_plane *plane,
					      struct drm_atomic_commit *commit)
{
	struct shadow_device *sdev = to_shadow_device(plane->dev);
	struct drm_plane_state *new_plane_state = drm_atomic_get_new_plane_state(commit, plane);

	if (plane != &sdev->plane || !new_plane_state->visible)
		return;

	if (drm_gem_fb_begin_cpu_access(new_plane_state->fb, DMA_FROM_DEVICE)) {
		sdev->frame_valid = false; /* the next update makes up for it */
		return;
	}

	shadow_plane_flush(sdev, commit);
	drm_gem_fb_end_cpu_access(new_plane_state->fb, DMA_FROM_DEVICE);
}

/*
 * The panic code knows one piece of memory with one pitch, and words in the CPU's byte order.
 * This is for a picture in two pieces, for big-endian CPUs, and for big-endian pixels.
 */
static void shadow_plane_set_pixel(struct drm_scanout_buffer *sb, unsigned int x,
				   unsigned int y, u32 color)
{
	struct shadow_device *sdev = *shadow_scanout_private(sb);
	const struct shadow_layout *layout = &sdev->scanout;
	__le32 pixel = cpu_to_le32(color);

	if (sdev->swapped)
		shadow_swap_pixels(&pixel, 1, layout->cpp);
	memcpy(sdev->vram + shadow_layout_offset(layout, y) + x * layout->cpp, &pixel, layout->cpp);
}

/* The panic code draws into VRAM itself: then there is no time for the shadow frame. */
static int shadow_plane_helper_get_scanout_buffer(struct drm_plane *plane,
						  struct drm_scanout_buffer *sb)
{
	struct shadow_device *sdev = to_shadow_device(plane->dev);
	const struct shadow_layout *layout = &sdev->scanout;
	u32 bpp = layout->cpp * 8;

	if (!layout->cpp)
		return -ENODEV; /* no mode of ours, or one is being set */

	sb->format = drm_format_info(drm_mode_legacy_fb_format(bpp, min(bpp, 24)));
	sb->width = layout->width;
	sb->height = layout->height;
	sb->pitch[0] = layout->pitch;
	iosys_map_set_vaddr(&sb->map[0], sdev->vram);
	if (layout->split < layout->height || IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) || sdev->swapped) {
		sb->set_pixel = shadow_plane_set_pixel;
		*shadow_scanout_private(sb) = sdev;
	}

	return 0;
}

/* A developer may only try a panic screen: then the next update uploads the whole picture. */
static void shadow_plane_helper_panic_flush(struct drm_plane *plane)
{
	WRITE_ONCE(to_shadow_device(plane->dev)->frame_valid, false);
}

static const struct drm_plane_helper_funcs shadow_plane_helper_funcs = {
	.begin_fb_access = shadow_plane_helper_begin_fb_access,
	.end_fb_access = drm_gem_end_shadow_fb_access,
	.atomic_check = shadow_plane_helper_atomic_check,
	.atomic_update = shadow_plane_helper_atomic_update,
	.get_scanout_buffer = shadow_plane_helper_get_scanout_buffer,
	.panic_flush = shadow_plane_helper_panic_flush,
};

static const struct drm_plane_helper_funcs shadow_cursor_helper_funcs = {
	.begin_fb_access = shadow_plane_helper_begin_fb_access,
	.end_fb_access = drm_gem_end_shadow_fb_access,
	.atomic_check = shadow_plane_helper_atomic_check,
	.atomic_update = shadow_plane_helper_atomic_update,
};

static const struct drm_plane_funcs shadow_plane_funcs = {
	.update_plane = drm_atomic_helper_update_plane,
	.disable_plane = drm_atomic_helper_disable_plane,
	.destroy = drm_plane_cleanup,
	DRM_GEM_SHADOW_PLANE_FUNCS,
};

static int shadow_plane_create(struct shadow_device *sdev, struct drm_plane *plane,
			       enum drm_plane_type type, const u32 *formats, u32 count,
			       const struct drm_plane_helper_funcs *helper_funcs)
{
	/* the first CRTC, which is the only one */
	int ret = drm_universal_plane_init(&sdev->drm, plane, BIT(0), &shadow_plane_funcs, formats,
					   count, NULL, type, NULL);
	if (ret)
		return ret;

	drm_plane_helper_add(plane, helper_funcs);

	/* the only blend mode there is, but DRM demands the property for a format with alpha */
	return drm_plane_create_blend_mode_property(plane, BIT(DRM_MODE_BLEND_PREMULTI));
}

/**
 * shadow_plane_init - create the planes
 * @sdev: a device whose mode configuration is initialized
 *
 * Context: Probe.
 * Return: 0 or a negative error number.
 */
int shadow_plane_init(struct shadow_device *sdev)
{
	static const u32 cursor_format = DRM_FORMAT_ARGB8888;
	int ret = shadow_plane_create(sdev, &sdev->plane, DRM_PLANE_TYPE_PRIMARY,
				      shadow_plane_formats, ARRAY_SIZE(shadow_plane_formats),
				      &shadow_plane_helper_funcs);

	if (ret)
		return ret;
	drm_plane_enable_fb_damage_clips(&sdev->plane);

	return shadow_plane_create(sdev, &sdev->cursor, DRM_PLANE_TYPE_CURSOR, &cursor_format, 1,
				   &shadow_cursor_helper_funcs);
}
