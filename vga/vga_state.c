// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What firmware had set a VGA up for, to be put back when the driver goes.
 *
 * Firmware leaves a text mode or a graphics mode behind, and whoever comes next
 * relies on it: a kernel that kexec starts, or people who look at the screen.
 */

#include <linux/string.h>

#include "vga_state.h"

/* In an order that is good for writing, too */
static const struct vga_range vga_registers[] = {
	{ VGA_SEQ_I, 0, VGA_SEQ_C },
	{ VGA_GFX_I, 0, VGA_GFX_C },
	{ VGA_CRT_IC, 0, VGA_CRT_C },
	{ }
};

static u8 *vga_save_ranges(struct shadow_device *sdev, const struct vga_range *range, u8 *to)
{
	u8 i;

	for (; range && range->count; range++)
		for (i = 0; i < range->count; i++) {
			vga_write(sdev, range->port, range->first + i);
			*to++ = vga_read(sdev, range->port + 1);
		}

	return to;
}

static const u8 *vga_restore_ranges(struct shadow_device *sdev, const struct vga_range *range,
				    const u8 *from)
{
	u8 i;

	for (; range && range->count; range++)
		for (i = 0; i < range->count; i++) {
			vga_write(sdev, range->port, range->first + i);
			vga_write(sdev, range->port + 1, *from++);
		}

	return from;
}

/* The bit that shows the picture is in the index, so it goes with each of them. */
static void vga_save_attributes(struct shadow_device *sdev, struct vga_state *state)
{
	u8 i;

	vga_read(sdev, VGA_IS1_RC);
	state->att_index = vga_read(sdev, VGA_ATT_W);
	for (i = 0; i < VGA_ATT_C; i++) {
		vga_read(sdev, VGA_IS1_RC);
		vga_write(sdev, VGA_ATT_W, i | (state->att_index & VGA_ATT_SHOW));
		state->attributes[i] = vga_read(sdev, VGA_ATT_R);
	}
}

static void vga_restore_attributes(struct shadow_device *sdev, const struct vga_state *state)
{
	u8 i;

	vga_read(sdev, VGA_IS1_RC);
	for (i = 0; i < VGA_ATT_C; i++) {
		vga_write(sdev, VGA_ATT_W, i);
		vga_write(sdev, VGA_ATT_W, state->attributes[i]);
	}
}

/**
 * vga_save - remember what the adapter shows, without a change to that
 * @sdev: the device, whose VRAM is mapped
 * @state: filled in; &vga_state.extension is set already
 *
 * Context: Probe, before anything else is written.
 */
void vga_save(struct shadow_device *sdev, struct vga_state *state)
{
	u8 *graphics = state->registers + VGA_SEQ_C;
	u8 *end;
	u32 i;

	state->misc = vga_read(sdev, VGA_MIS_R);
	vga_write(sdev, VGA_MIS_W, state->misc | VGA_MIS_COLOR);

	end = vga_save_ranges(sdev, vga_registers, state->registers);
	vga_save_ranges(sdev, state->extension, end);
	vga_save_attributes(sdev, state);

	vga_write(sdev, VGA_PEL_IR, 0);
	for (i = 0; i < VGA_PALETTE_SIZE; i++)
		state->palette[i] = vga_read(sdev, VGA_PEL_D);

	state->has_text = state->att_index & VGA_ATT_SHOW &&
			  !(graphics[VGA_GFX_MISC] & VGA_GR06_GRAPHICS_MODE);
	if (state->has_text)
		memcpy(state->text, sdev->vram, sizeof(state->text));
}

/**
 * vga_restore - put everything back, but hide the picture
 * @sdev: the device
 * @state: what to put back
 *
 * Context: Remove or shutdown. Nothing else accesses the device.
 */
void vga_restore(struct shadow_device *sdev, const struct vga_state *state)
{
	const u8 *end;
	u32 i;

	vga_reset(sdev);
	vga_write(sdev, VGA_CRT_IC, VGA_CRTC_V_SYNC_END);
	vga_write(sdev, VGA_CRT_DC, 0); /* not VGA_CR11_LOCK_CR0_CR7 */

	end = vga_restore_ranges(sdev, vga_registers, state->registers);
	vga_restore_ranges(sdev, state->extension, end);
	vga_restore_attributes(sdev, state);

	vga_write(sdev, VGA_PEL_IW, 0);
	for (i = 0; i < VGA_PALETTE_SIZE; i++)
		vga_write(sdev, VGA_PEL_D, state->palette[i]);

	if (state->has_text)
		memcpy(sdev->vram, state->text, sizeof(state->text));
}

/**
 * vga_restore_shown - show the picture if it was shown
 * @sdev: the device
 * @state: what to put back; vga_restore() comes first
 *
 * Context: Remove or shutdown. Nothing else accesses the device.
 */
void vga_restore_shown(struct shadow_device *sdev, const struct vga_state *state)
{
	vga_read(sdev, VGA_IS1_RC);
	vga_write(sdev, VGA_ATT_W, state->att_index);
	vga_write(sdev, VGA_MIS_W, state->misc);
}
