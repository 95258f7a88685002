// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What works on every VGA, whatever else the adapter has.
 */

#include "vgahw.h"

/**
 * vgahw_blank - hide or show the picture
 * @sdev: the device, after vgahw_reset()
 * @blank: whether to hide it
 *
 * The attribute controller has one port for both, index and data. After a read of the
 * status port it expects an index. The bit that shows the picture is in the index.
 *
 * Context: Between drm_dev_enter() and drm_dev_exit(), or remove and shutdown.
 */
void vgahw_blank(struct shadow_device *sdev, bool blank)
{
	vgahw_read(sdev, VGA_IS1_RC);
	vgahw_write(sdev, VGA_ATT_W, blank ? 0 : VGAHW_ATT_SHOW);
}

/**
 * vgahw_reset - make the ports from 0x3d0 on work, and hide the picture
 * @sdev: the device
 *
 * After a hardware reset a VGA has the ports of a monochrome adapter in their place, and
 * those are not in any BAR.
 *
 * Context: Between drm_dev_enter() and drm_dev_exit().
 */
void vgahw_reset(struct shadow_device *sdev)
{
	vgahw_write(sdev, VGA_MIS_W, vgahw_read(sdev, VGA_MIS_R) | VGA_MIS_COLOR);
	vgahw_blank(sdev, true);
}
