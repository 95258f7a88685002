// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be said of every VGA, whatever else the adapter is.
 */

#include "vga.h"

/**
 * vga_blank - hide or show the picture
 * @sdev: the device, after vga_reset()
 * @blank: whether to hide it
 *
 * The attribute controller has one port for index and data; a read of another
 * one makes it expect an index, and the index holds the bit.
 *
 * Context: Any. Between drm_dev_enter() and drm_dev_exit(), or a panic.
 */
void vga_blank(struct shadow_device *sdev, bool blank)
{
	vga_read(sdev, VGA_IS1_RC);
	vga_write(sdev, VGA_ATT_W, blank ? 0 : VGA_ATT_SHOW);
}

/**
 * vga_is_shown - ask whether the picture is shown
 * @sdev: the device, in whatever state
 *
 * Context: Between drm_dev_enter() and drm_dev_exit().
 * Return: Whether it is, and vga_blank() would work.
 */
bool vga_is_shown(struct shadow_device *sdev)
{
	if (!(vga_read(sdev, VGA_MIS_R) & VGA_MIS_COLOR))
		return false;

	vga_read(sdev, VGA_IS1_RC);
	return vga_read(sdev, VGA_ATT_W) & VGA_ATT_SHOW;
}

/**
 * vga_reset - make the ports from 0x3d0 on work, and hide the picture
 * @sdev: the device
 *
 * After a hardware reset they are those of a monochrome adapter, which are not
 * in any BAR.
 *
 * Context: Between drm_dev_enter() and drm_dev_exit().
 */
void vga_reset(struct shadow_device *sdev)
{
	vga_write(sdev, VGA_MIS_W, vga_read(sdev, VGA_MIS_R) | VGA_MIS_COLOR);
	vga_blank(sdev, true);
}
