// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What firmware had set a VGA up for, to be put back when the driver goes.
 *
 * Firmware leaves a text mode or a graphics mode behind, and whoever comes next
 * relies on it: a kernel that kexec starts, or people who look at the screen.
 */

#include <linux/console.h>
#include <linux/string.h>
#include <linux/vgaarb.h>
#include <linux/vt_kern.h>

#include "vgahw_state.h"

static const struct vgahw_range vgahw_registers[] = {
	{ VGA_SEQ_I, 0, VGA_SEQ_C },
	{ VGA_GFX_I, 0, VGA_GFX_C },
	{ VGA_CRT_IC, 0, VGA_CRT_C },
	{ }
};

static u8 *vgahw_save_ranges(struct shadow_device *sdev, const struct vgahw_range *range, u8 *to)
{
	u8 i;

	for (; range && range->count; range++)
		for (i = 0; i < range->count; i++) {
			vgahw_write(sdev, range->port, range->first + i);
			*to++ = vgahw_read(sdev, range->port + 1);
		}

	return to;
}

static const u8 *vgahw_restore_ranges(struct shadow_device *sdev, const struct vgahw_range *range,
				      const u8 *from)
{
	u8 i;

	for (; range && range->count; range++)
		for (i = 0; i < range->count; i++) {
			vgahw_write(sdev, range->port, range->first + i);
			vgahw_write(sdev, range->port + 1, *from++);
		}

	return from;
}

/* The bit that shows the picture is in the index: keep it, or the screen would flicker. */
static void vgahw_save_attributes(struct shadow_device *sdev, struct vgahw_state *state)
{
	u8 i;

	vgahw_read(sdev, VGA_IS1_RC);
	state->att_index = vgahw_read(sdev, VGA_ATT_W);
	for (i = 0; i < VGA_ATT_C; i++) {
		vgahw_read(sdev, VGA_IS1_RC);
		vgahw_write(sdev, VGA_ATT_W, i | (state->att_index & VGAHW_ATT_SHOW));
		state->attributes[i] = vgahw_read(sdev, VGA_ATT_R);
	}
}

static void vgahw_restore_attributes(struct shadow_device *sdev, const struct vgahw_state *state)
{
	u8 i;

	vgahw_read(sdev, VGA_IS1_RC);
	for (i = 0; i < VGA_ATT_C; i++) {
		vgahw_write(sdev, VGA_ATT_W, i);
		vgahw_write(sdev, VGA_ATT_W, state->attributes[i]);
	}
}

/**
 * vgahw_peek - find out what is lost when the text console is evicted
 * @sdev: the device
 *
 * The text console scrolls by moving the start of its screen through VRAM. When it is
 * evicted it moves the start back to 0.
 *
 * Context: See &shadow_ops.peek.
 */
void vgahw_peek(struct shadow_device *sdev)
{
	struct vc_data *vc;

	if (!IS_ENABLED(CONFIG_VGA_CONSOLE) || to_pci_dev(sdev->drm.dev) != vga_default_device())
		return;

	console_lock(); /* the console has the same index port */
	vc = vc_cons[fg_console].d;
	if (vc && vc->vc_sw == &vga_con) {
		outb(VGA_CRTC_START_HI, VGA_CRT_IC);
		sdev->text_start = inb(VGA_CRT_DC) << 8;
		outb(VGA_CRTC_START_LO, VGA_CRT_IC);
		sdev->text_start |= inb(VGA_CRT_DC);
	}
	console_unlock();
}

/**
 * vgahw_save - remember the registers
 * @sdev: the device
 * @state: filled in
 * @extension: registers that are in the adapter beside those of VGA, or NULL;
 *	with those of VGA at most VGAHW_MAX_REGISTERS
 *
 * What is on the screen does not change.
 *
 * Context: Probe, before anything else is written.
 */
void vgahw_save(struct shadow_device *sdev, struct vgahw_state *state,
		const struct vgahw_range *extension)
{
	u8 *end;

	state->misc = vgahw_read(sdev, VGA_MIS_R);
	vgahw_write(sdev, VGA_MIS_W, state->misc | VGA_MIS_COLOR);

	end = vgahw_save_ranges(sdev, vgahw_registers, state->registers);
	vgahw_save_ranges(sdev, extension, end);
	vgahw_save_attributes(sdev, state);
}

/**
 * vgahw_save_text - remember the screen, if there is text on it
 * @sdev: the device, whose VRAM is mapped, and linear
 * @state: after vgahw_save()
 *
 * Context: Probe, before VRAM or the palette are written.
 */
void vgahw_save_text(struct shadow_device *sdev, struct vgahw_state *state)
{
	u8 *graphics = state->registers + VGA_SEQ_C; /* they follow the sequencer's */
	u8 *crt = graphics + VGA_GFX_C;
	struct vgahw_text *text;
	u32 i;

	if (!(state->att_index & VGAHW_ATT_SHOW) ||
	    graphics[VGA_GFX_MISC] & VGA_GR06_GRAPHICS_MODE)
		return;

	text = shadow_handover_alloc(sdev, sizeof(*text));
	if (!text) {
		state->att_index &= ~VGAHW_ATT_SHOW; /* or pixels would be shown as text */
		return;
	}

	vgahw_write(sdev, VGA_PEL_IR, 0);
	for (i = 0; i < VGAHW_PALETTE_SIZE; i++)
		text->palette[i] = vgahw_read(sdev, VGA_PEL_D);
	memcpy(text->memory, sdev->vram, sizeof(text->memory));
	state->text = text;
	if (sdev->text_start) {
		crt[VGA_CRTC_START_HI] = sdev->text_start >> 8;
		crt[VGA_CRTC_START_LO] = sdev->text_start;
	}
}

/**
 * vgahw_restore_text - hide the picture, and put text back if there was some
 * @sdev: the device, with linear VRAM
 * @state: what to put back
 *
 * Context: See &shadow_ops.restore.
 */
void vgahw_restore_text(struct shadow_device *sdev, const struct vgahw_state *state)
{
	u32 i;

	vgahw_blank(sdev, true);
	if (!state->text)
		return;

	vgahw_write(sdev, VGA_PEL_IW, 0);
	for (i = 0; i < VGAHW_PALETTE_SIZE; i++)
		vgahw_write(sdev, VGA_PEL_D, state->text->palette[i]);
	memcpy(sdev->vram, state->text->memory, sizeof(state->text->memory));
}

/**
 * vgahw_restore - put the registers back, but keep the picture hidden
 * @sdev: the device
 * @state: what to put back; vgahw_restore_text() comes first
 * @extension: as for vgahw_save()
 *
 * Context: See &shadow_ops.restore.
 */
void vgahw_restore(struct shadow_device *sdev, const struct vgahw_state *state,
		   const struct vgahw_range *extension)
{
	const u8 *end;

	vgahw_write(sdev, VGA_CRT_IC, VGA_CRTC_V_SYNC_END);
	vgahw_write(sdev, VGA_CRT_DC, 0); /* not VGA_CR11_LOCK_CR0_CR7 */
	vgahw_write(sdev, VGA_CRT_IC, VGA_CRTC_OFFSET);
	vgahw_write(sdev, VGA_CRT_DC, 0); /* Bochs takes a pitch only if it is another one */

	end = vgahw_restore_ranges(sdev, vgahw_registers, state->registers);
	vgahw_restore_ranges(sdev, extension, end);
	vgahw_restore_attributes(sdev, state);
}

/**
 * vgahw_restore_shown - show the picture if it was shown
 * @sdev: the device
 * @state: what to put back; vgahw_restore() comes first
 *
 * Context: See &shadow_ops.restore.
 */
void vgahw_restore_shown(struct shadow_device *sdev, const struct vgahw_state *state)
{
	vgahw_read(sdev, VGA_IS1_RC);
	vgahw_write(sdev, VGA_ATT_W, state->att_index);
	vgahw_write(sdev, VGA_MIS_W, state->misc);
}
