// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The display pipe: the CRTC, and how a commit goes from the planes to the connector.
 */

#include <drm/drm_atomic_helper.h>
#include <drm/drm_atomic_state_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_gem_framebuffer_helper.h>
#include <drm/drm_modeset_helper_vtables.h>

#include "core.h"

/* A frame that has more than this many times the memory that is needed is not used again. */
#define SHADOW_WASTE	10

/*
 * CRTC
 */

/*
 * Decide how the mode's picture will lie in VRAM. A CRTC that is enabled has a mode; if it is
 * active as well, the picture is shown. The mode has to fit in both cases, since making the
 * CRTC active later must not fail. But only an active one changes what the adapter is set to.
 */
static int shadow_crtc_helper_atomic_check(struct drm_crtc *crtc, struct drm_atomic_commit *commit)
{
	struct shadow_device *sdev = to_shadow_device(crtc->dev);
	struct drm_crtc_state *new_crtc_state = drm_atomic_get_new_crtc_state(commit, crtc);
	const struct drm_display_mode *mode = &new_crtc_state->mode;
	struct shadow_layout layout;

	if (!new_crtc_state->enable)
		return 0;

	/* shadow_mode_valid() has refused what does not fit */
	if (!shadow_layout_fit(&sdev->info->limits, sdev->vram_size,
			       mode->hdisplay, mode->vdisplay, &layout))
		return -EINVAL;
	if (new_crtc_state->active)
		to_shadow_crtc_state(new_crtc_state)->layout = layout;

	/*
	 * The adapters show nothing but the primary plane. It is drawn with the cursor in front
	 * of it. So if a commit has one of both, it gets the other as well.
	 */
	to_shadow_crtc_state(new_crtc_state)->cursor_only =
		!drm_atomic_get_new_plane_state(commit, &sdev->plane);
	return drm_atomic_helper_check_crtc_primary_plane(new_crtc_state) ?:
	       new_crtc_state->planes_changed ? drm_atomic_add_affected_planes(commit, crtc) : 0;
}

/* A panic finds either all of @layout or none: never a part. If it is empty, nothing is drawn. */
static void shadow_set_scanout(struct shadow_device *sdev, const struct shadow_layout *layout)
{
	unsigned long flags = 0; /* without CONFIG_DRM_PANIC it is passed on by value */

	drm_panic_lock(&sdev->drm, flags);
	sdev->scanout = *layout;
	drm_panic_unlock(&sdev->drm, flags);
}

/**
 * shadow_pipe_reset - forget what the adapter shows, and show black
 * @sdev: the device
 *
 * The next mode set programs all registers, whatever they hold.
 *
 * Context: Commit tail or resume, between drm_dev_enter() and drm_dev_exit().
 */
void shadow_pipe_reset(struct shadow_device *sdev)
{
	shadow_set_scanout(sdev, &(struct shadow_layout) {});
	sdev->ops->reset(sdev);
	sdev->reset_done = true;
}

/* If nothing of the adapter has been reset yet, that comes first. */
static void shadow_crtc_set_mode(struct shadow_device *sdev, const struct shadow_layout *layout)
{
	if (!sdev->reset_done)
		shadow_pipe_reset(sdev);

	shadow_set_scanout(sdev, &(struct shadow_layout) {});
	sdev->ops->set_mode(sdev, layout);
	/* after set_mode, which may have set it to 0 */
	shadow_note_shown(sdev, shadow_layout_end(layout));
	shadow_set_scanout(sdev, layout);
}

/*
 * Called when the CRTC becomes active and when its mode changes, not by a flip. The plane's
 * update follows, and uploads its picture to a screen that is black. But if the adapter is
 * programmed to this mode already, by firmware or by us, no register is accessed: the picture
 * comes to a screen that shows what it showed before.
 */
static void shadow_crtc_helper_atomic_enable(struct drm_crtc *crtc,
					     struct drm_atomic_commit *commit)
{
	struct shadow_device *sdev = to_shadow_device(crtc->dev);
	struct drm_crtc_state *new_crtc_state = drm_atomic_get_new_crtc_state(commit, crtc);
	struct shadow_crtc_state *new_state = to_shadow_crtc_state(new_crtc_state);
	int idx;

	if (drm_dev_enter(crtc->dev, &idx)) {
		if (new_state->frame) {
			kvfree(sdev->frame);
			sdev->frame = new_state->frame;
			new_state->frame = NULL;
		}
		/* whoever still has firmware's framebuffer mapped may have drawn there */
		sdev->frame_valid = false;

		if (!shadow_layout_equal(&sdev->scanout, &new_state->layout))
			shadow_crtc_set_mode(sdev, &new_state->layout);
		drm_dev_exit(idx);
	}

	drm_crtc_vblank_atomic_enable(crtc, commit);
}

/*
 * Called when the CRTC is no longer active, and before its mode changes. Not all adapters can
 * blank, but all can show black. VRAM stays black until there is another picture, so what was
 * shown is not seen again, not even for a moment.
 */
static void shadow_crtc_helper_atomic_disable(struct drm_crtc *crtc,
					      struct drm_atomic_commit *commit)
{
	struct shadow_device *sdev = to_shadow_device(crtc->dev);
	struct drm_crtc_state *new_crtc_state = drm_atomic_get_new_crtc_state(commit, crtc);
	int idx;

	drm_crtc_vblank_atomic_disable(crtc, commit);
	shadow_vblank_settle(crtc);

	/* a CRTC that stays active only changes its mode: atomic_enable follows */
	if (new_crtc_state->active)
		return;

	if (drm_dev_enter(crtc->dev, &idx)) {
		shadow_make_black(sdev, shadow_layout_end(&sdev->scanout));
		drm_dev_exit(idx);
	}

	/* there will be no flush for an inactive CRTC: send its event now */
	drm_crtc_vblank_atomic_flush(crtc, commit);
}

static const struct drm_crtc_helper_funcs shadow_crtc_helper_funcs = {
	.atomic_check = shadow_crtc_helper_atomic_check,
	.atomic_enable = shadow_crtc_helper_atomic_enable,
	.atomic_disable = shadow_crtc_helper_atomic_disable,
	.atomic_flush = drm_crtc_vblank_atomic_flush,
};

/*
 * Called when somebody waits for a vblank and the timer does not run. If this fails, a commit's
 * event comes at once. An ioctl that waits for a vblank fails. Whoever comes next asks again.
 */
static int shadow_crtc_enable_vblank(struct drm_crtc *crtc)
{
	if (shadow_vblank_expires_now(crtc))
		return -EBUSY;

	return drm_crtc_vblank_helper_enable_vblank_timer(crtc);
}

/* The state of a commit that failed may still have a frame. */
static void shadow_crtc_atomic_destroy_state(struct drm_crtc *crtc,
					     struct drm_crtc_state *crtc_state)
{
	struct shadow_crtc_state *state = to_shadow_crtc_state(crtc_state);

	__drm_atomic_helper_crtc_destroy_state(crtc_state);
	kvfree(state->frame);
	kfree(state);
}

/* Called for the first state, and at a resume: then the device still has its frame. */
static void shadow_crtc_reset(struct drm_crtc *crtc)
{
	struct shadow_crtc_state *state = kzalloc_obj(*state);

	if (crtc->state) {
		if (state) {
			state->layout = to_shadow_crtc_state(crtc->state)->layout;
			state->frame_size = to_shadow_crtc_state(crtc->state)->frame_size;
		}
		shadow_crtc_atomic_destroy_state(crtc, crtc->state);
	}
	__drm_atomic_helper_crtc_reset(crtc, state ? &state->base : NULL);
}

/* Commits change a copy of the state. The frame is not copied: it belongs to one commit. */
static struct drm_crtc_state *shadow_crtc_atomic_duplicate_state(struct drm_crtc *crtc)
{
	struct shadow_crtc_state *new_state = kzalloc_obj(*new_state);

	if (!new_state)
		return NULL;

	__drm_atomic_helper_crtc_duplicate_state(crtc, &new_state->base);
	new_state->layout = to_shadow_crtc_state(crtc->state)->layout;

	return &new_state->base;
}

/* Called when the DRM device is freed, after its last client: nobody can commit any more. */
static void shadow_crtc_destroy(struct drm_crtc *crtc)
{
	kvfree(to_shadow_device(crtc->dev)->frame);
	drm_crtc_cleanup(crtc);
}

static const struct drm_crtc_funcs shadow_crtc_funcs = {
	.reset = shadow_crtc_reset,
	.destroy = shadow_crtc_destroy,
	.set_config = drm_atomic_helper_set_config,
	.page_flip = drm_atomic_helper_page_flip,
	.atomic_duplicate_state = shadow_crtc_atomic_duplicate_state,
	.atomic_destroy_state = shadow_crtc_atomic_destroy_state,
	.enable_vblank = shadow_crtc_enable_vblank,
	.disable_vblank = drm_crtc_vblank_helper_disable_vblank_timer,
	.get_vblank_timestamp = drm_crtc_vblank_helper_get_vblank_timestamp_from_timer,
};

/*
 * Not drmm_: if that runs out of memory, it leaves a CRTC that nobody can destroy.
 * The legacy ioctls say that a cursor is ARGB8888, but clients write it in the CPU's byte
 * order. So on big-endian CPUs the cursor is for atomic clients alone.
 */
static int shadow_crtc_init(struct shadow_device *sdev)
{
	struct drm_plane *cursor = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) ? NULL : &sdev->cursor;
	int ret = drm_crtc_init_with_planes(&sdev->drm, &sdev->crtc, &sdev->plane, cursor,
					    &shadow_crtc_funcs, NULL);

	if (ret)
		return ret;
	drm_crtc_helper_add(&sdev->crtc, &shadow_crtc_helper_funcs);

	return drm_vblank_init(&sdev->drm, 1) ?: shadow_vblank_init(&sdev->drm, &sdev->vblank);
}

/*
 * Mode configuration
 */

/*
 * Runs before anything changes, and may fail, so memory is allocated here, on the account of the
 * client that asks. (TEST_ONLY commits do not get here.) It looks at states and not at the
 * device, since the commit before this one may still be on its way there. The old state says
 * what memory there is: the new one may be a copy from before a suspend.
 */
static int shadow_mode_config_helper_atomic_commit_setup(struct drm_atomic_commit *commit)
{
	struct drm_crtc *crtc = &to_shadow_device(commit->dev)->crtc;
	struct drm_crtc_state *old_crtc_state = drm_atomic_get_old_crtc_state(commit, crtc);
	struct drm_crtc_state *new_crtc_state = drm_atomic_get_new_crtc_state(commit, crtc);
	struct shadow_crtc_state *old_state, *new_state;
	size_t size;

	if (!new_crtc_state)
		return 0;

	old_state = to_shadow_crtc_state(old_crtc_state);
	new_state = to_shadow_crtc_state(new_crtc_state);
	new_state->frame_size = old_state->frame_size;
	if (shadow_layout_equal(&old_state->layout, &new_state->layout))
		return 0;

	size = shadow_frame_size(&new_state->layout);
	if (size <= old_state->frame_size && size >= old_state->frame_size / SHADOW_WASTE)
		return 0;

	new_state->frame = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!new_state->frame) /* the old memory will do if it is only too large */
		return size <= old_state->frame_size ? 0 : -ENOMEM;
	new_state->frame_size = size;

	return 0;
}

/*
 * Two things differ from the helpers' default. The CRTC comes before the plane, since pixels go
 * to a screen that is set up for them. And the wait at the end is for this commit's own event.
 * The default waits for one more vblank. That one never comes if the client, having got its
 * event, disables the CRTC meanwhile.
 */
static void shadow_mode_config_helper_atomic_commit_tail(struct drm_atomic_commit *commit)
{
	struct drm_device *drm = commit->dev;

	drm_atomic_helper_commit_modeset_disables(drm, commit);
	drm_atomic_helper_commit_modeset_enables(drm, commit);
	drm_atomic_helper_commit_planes(drm, commit, DRM_PLANE_COMMIT_ACTIVE_ONLY);
	drm_atomic_helper_commit_hw_done(commit);
	drm_atomic_helper_wait_for_flip_done(drm, commit);
	drm_atomic_helper_cleanup_planes(drm, commit);
}

static const struct drm_mode_config_helper_funcs shadow_mode_config_helper_funcs = {
	.atomic_commit_setup = shadow_mode_config_helper_atomic_commit_setup,
	.atomic_commit_tail = shadow_mode_config_helper_atomic_commit_tail,
};

/*
 * The legacy ioctls move a cursor many times in a frame. The helper would wait for the vblank that
 * ends a flip. This waits for the flip's pixels alone, in drm_atomic_helper_swap_state(). It has no
 * &struct drm_crtc_commit of its own. So the CRTC keeps the flip's, and whoever comes next waits.
 *
 * DRM would rather have atomic_async_check and atomic_async_update. But these are for one plane,
 * shown before and after. Here two are drawn, and a cursor may come or go.
 */
static int shadow_mode_config_atomic_commit(struct drm_device *drm,
					    struct drm_atomic_commit *commit, bool nonblock)
{
	struct drm_crtc *crtc = &to_shadow_device(drm)->crtc;
	struct drm_crtc_state *old_crtc_state = drm_atomic_get_old_crtc_state(commit, crtc);
	int ret;

	if (!commit->legacy_cursor_update)
		return drm_atomic_helper_commit(drm, commit, nonblock);

	ret = shadow_mode_config_helper_atomic_commit_setup(commit) ?:
	      drm_atomic_helper_prepare_planes(drm, commit);
	if (ret)
		return ret;

	ret = drm_atomic_helper_wait_for_fences(drm, commit, true) ?:
	      drm_atomic_helper_swap_state(commit, true);
	if (ret) {
		drm_atomic_helper_unprepare_planes(drm, commit);
		return ret;
	}

	swap(old_crtc_state->commit, crtc->state->commit);
	drm_atomic_helper_commit_planes(drm, commit, DRM_PLANE_COMMIT_ACTIVE_ONLY);
	drm_atomic_helper_cleanup_planes(drm, commit);

	return 0;
}

static const struct drm_mode_config_funcs shadow_mode_config_funcs = {
	.fb_create = drm_gem_fb_create_with_dirty,
	.mode_valid = shadow_mode_valid,
	.atomic_check = drm_atomic_helper_check,
	.atomic_commit = shadow_mode_config_atomic_commit,
};

static int shadow_mode_config_init(struct drm_device *drm)
{
	int ret = drmm_mode_config_init(drm);

	if (ret)
		return ret;

	drm->mode_config.max_width = SHADOW_MAX_SIZE;
	drm->mode_config.max_height = SHADOW_MAX_SIZE;
	drm->mode_config.preferred_depth = 24;
	drm->mode_config.quirk_addfb_prefer_host_byte_order = true;
	drm->mode_config.funcs = &shadow_mode_config_funcs;
	drm->mode_config.helper_private = &shadow_mode_config_helper_funcs;

	return 0;
}

/**
 * shadow_pipe_init - create the display pipe
 * @sdev: a device that has been detected
 *
 * Everything is freed with the DRM device.
 *
 * Context: Probe.
 * Return: 0 or a negative error number.
 */
int shadow_pipe_init(struct shadow_device *sdev)
{
	int ret = shadow_mode_config_init(&sdev->drm) ?:
		  shadow_plane_init(sdev) ?:
		  shadow_crtc_init(sdev) ?:
		  shadow_connector_init(sdev);

	if (ret)
		return ret;

	drm_mode_config_reset(&sdev->drm);

	/* it cannot report that there was no memory for a state */
	if (!sdev->plane.state || !sdev->cursor.state || !sdev->crtc.state ||
	    !sdev->connector.state)
		return -ENOMEM;

	return 0;
}
