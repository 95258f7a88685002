// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of the display pipe: encoder and connector, and which modes there are.
 *
 * The adapters have neither. DRM wants both, and clients ask the connector for its modes.
 */

#include <drm/drm_atomic_state_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_edid.h>
#include <drm/drm_modeset_helper_vtables.h>
#include <drm/drm_probe_helper.h>

#include "core.h"

/* Refresh rates, in Hz, that the vblank timer can follow */
#define SHADOW_MIN_REFRESH	24
#define SHADOW_MAX_REFRESH	240

/* Preferred size, in pixels, without an EDID */
#define SHADOW_DEFAULT_WIDTH	1024
#define SHADOW_DEFAULT_HEIGHT	768

/**
 * shadow_mode_valid - decide whether the adapter can show a mode
 * @drm: the device
 * @mode: from the EDID or from a client
 *
 * Every mode comes by here, before it is listed and before it is set. The adapters have no use for
 * timings, but the vblank timer follows the refresh rate.
 *
 * Context: Any; computes only.
 * Return: %MODE_OK, or why not.
 */
enum drm_mode_status shadow_mode_valid(struct drm_device *drm, const struct drm_display_mode *mode)
{
	struct shadow_device *sdev = to_shadow_device(drm);
	u32 flags = DRM_MODE_FLAG_INTERLACE | DRM_MODE_FLAG_DBLSCAN | DRM_MODE_FLAG_3D_MASK;
	int refresh = drm_mode_vrefresh(mode);
	struct shadow_layout layout;

	/* DRM computes how long a frame takes, and has an int for its pixels */
	if (mode->flags & flags || mode->vscan > 1 ||
	    (u32)mode->htotal * mode->vtotal > INT_MAX)
		return MODE_BAD;
	if (refresh < SHADOW_MIN_REFRESH || refresh > SHADOW_MAX_REFRESH)
		return MODE_CLOCK_RANGE;
	if (!shadow_layout_fit(&sdev->info->limits, sdev->vram_size,
			       mode->hdisplay, mode->vdisplay, &layout))
		return MODE_MEM;

	return MODE_OK;
}

/*
 * VRAM may be too small for the EDID's preferred mode. Or there is none: the EDID of a large
 * screen has no room for its timing (QEMU: a pixel clock from 655.36 MHz on, so 3840x2160
 * at 75 Hz). Then prefer the mode that comes closest to the screen's size. Without a timing
 * this size follows from the one in millimeters: QEMU's screens have 100 dpi.
 */
static void shadow_connector_prefer_mode(struct drm_connector *connector)
{
	const struct drm_display_info *info = &connector->display_info;
	int width = info->width_mm ? info->width_mm * 1000 / 254 : SHADOW_DEFAULT_WIDTH;
	int height = info->height_mm ? info->height_mm * 1000 / 254 : SHADOW_DEFAULT_HEIGHT;
	struct drm_display_mode *mode, *best = NULL;
	int distance, best_distance = INT_MAX;

	list_for_each_entry(mode, &connector->probed_modes, head) {
		if (!(mode->type & DRM_MODE_TYPE_PREFERRED))
			continue;
		if (shadow_mode_valid(connector->dev, mode) == MODE_OK)
			return;
		width = mode->hdisplay;
		height = mode->vdisplay;
	}

	list_for_each_entry(mode, &connector->probed_modes, head) {
		distance = abs(mode->hdisplay - width) + abs(mode->vdisplay - height);
		if (distance < best_distance &&
		    shadow_mode_valid(connector->dev, mode) == MODE_OK) {
			best = mode;
			best_distance = distance;
		}
	}

	if (best)
		best->type |= DRM_MODE_TYPE_PREFERRED;
}

/* For an adapter without an EDID: drm_edid_read_custom() needs a function to ask. */
static int shadow_no_edid(void *context, u8 *buf, unsigned int block, size_t len)
{
	return -ENODEV;
}

/*
 * Ask even if the adapter has none: the administrator may have supplied a file, which
 * drm_edid_read_custom() finds.
 */
static const struct drm_edid *shadow_connector_read_edid(struct drm_connector *connector)
{
	struct shadow_device *sdev = to_shadow_device(connector->dev);
	const struct drm_edid *edid = NULL;
	int idx;

	if (drm_dev_enter(connector->dev, &idx)) {
		edid = drm_edid_read_custom(connector, sdev->ops->read_edid ?: shadow_no_edid,
					    sdev);
		drm_dev_exit(idx);
	}

	return edid;
}

/* Called when somebody lists the modes. Its caller, a helper, drops those that are not valid. */
static int shadow_connector_helper_get_modes(struct drm_connector *connector)
{
	const struct drm_edid *edid = shadow_connector_read_edid(connector);
	int count;

	drm_edid_connector_update(connector, edid);
	count = edid ? drm_edid_connector_add_modes(connector) :
		       drm_add_modes_noedid(connector, SHADOW_MAX_SIZE, SHADOW_MAX_SIZE);
	drm_edid_free(edid);
	shadow_connector_prefer_mode(connector);

	return count;
}

static const struct drm_connector_helper_funcs shadow_connector_helper_funcs = {
	.get_modes = shadow_connector_helper_get_modes,
};

static const struct drm_connector_funcs shadow_connector_funcs = {
	.reset = drm_atomic_helper_connector_reset,
	.fill_modes = drm_helper_probe_single_connector_modes,
	.atomic_duplicate_state = drm_atomic_helper_connector_duplicate_state,
	.atomic_destroy_state = drm_atomic_helper_connector_destroy_state,
};

/**
 * shadow_connector_init - create encoder and connector
 * @sdev: a device that has a CRTC
 *
 * Context: Probe.
 * Return: 0 or a negative error number.
 */
int shadow_connector_init(struct shadow_device *sdev)
{
	int ret;

	ret = drmm_encoder_init(&sdev->drm, &sdev->encoder, NULL, DRM_MODE_ENCODER_VIRTUAL, NULL);
	if (ret)
		return ret;
	sdev->encoder.possible_crtcs = drm_crtc_mask(&sdev->crtc);

	ret = drmm_connector_init(&sdev->drm, &sdev->connector, &shadow_connector_funcs,
				  DRM_MODE_CONNECTOR_VIRTUAL, NULL);
	if (ret)
		return ret;
	drm_connector_helper_add(&sdev->connector, &shadow_connector_helper_funcs);
	drm_connector_attach_edid_property(&sdev->connector);

	return drm_connector_attach_encoder(&sdev->connector, &sdev->encoder);
}
