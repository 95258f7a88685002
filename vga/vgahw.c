// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be said of every VGA, whatever else the adapter is.
 */

#include "vgahw.h"

/**
 * vgahw_blank - hide or show the picture
 * @sdev: the device, after vgahw_reset()
 * @blank: whether to hide it
 *
 * The attribute controller has one port for index and data; a read of another
 * one makes it expect an index, and the index holds the bit.
 *
 * Context: Between drm_dev_enter() and drm_dev_exit(), or remove and shutdown.
 */
void vgahw_blank(struct shadow_device *sdev, bool blank)
{
	vgahw_read(sdev, VGA_IS1_RC);
	vgahw_write(sdev, VGA_ATT_W, blank ? 0 : VGAHW_ATT_SHOW);
}

/**
 * vgahw_is_shown - ask whether the picture is shown
 * @sdev: the device, in whatever state
 *
 * Context: Between drm_dev_enter() and drm_dev_exit().
 * Return: Whether it is, and vgahw_blank() would work.
 */
bool vgahw_is_shown(struct shadow_device *sdev)
{
	if (!(vgahw_read(sdev, VGA_MIS_R) & VGA_MIS_COLOR))
		return false;

	vgahw_read(sdev, VGA_IS1_RC);
	return vgahw_read(sdev, VGA_ATT_W) & VGAHW_ATT_SHOW;
}

/**
 * vgahw_reset - make the ports from 0x3d0 on work, and hide the picture
 * @sdev: the device
 *
 * After a hardware reset they are those of a monochrome adapter, which are not
 * in any BAR.
 *
 * Context: Between drm_dev_enter() and drm_dev_exit().
 */
void vgahw_reset(struct shadow_device *sdev)
{
	vgahw_write(sdev, VGA_MIS_W, vgahw_read(sdev, VGA_MIS_R) | VGA_MIS_COLOR);
	vgahw_blank(sdev, true);
}
