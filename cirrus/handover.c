// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What firmware had set a Cirrus up for, to be put back, and how much VRAM it has.
 */

#include "handover.h"
#include "limits.h"
#include "regs.h"

/* CIRRUS_SR17 and CIRRUS_GRB make VRAM linear or not: put them back after all that writes VRAM. */
static const struct vgahw_range cirrus_extension[] = {
	{ VGA_SEQ_I, CIRRUS_SR7, 1 },
	{ VGA_SEQ_I, CIRRUS_SR12, 2 }, /* and CIRRUS_SR13 */
	{ VGA_SEQ_I, CIRRUS_SR17, 1 },
	{ VGA_GFX_I, CIRRUS_GRB, 1 },
	{ VGA_CRT_IC, CIRRUS_CR1A, 2 }, /* and CIRRUS_CR1B */
	{ VGA_CRT_IC, CIRRUS_CR1D, 1 },
	{ }
};

/* No register has the size of VRAM. But what is written beyond its end cannot be read back. */
static bool cirrus_has_vram_at(struct shadow_device *sdev, u32 address)
{
	u32 *vram = sdev->vram + address, old = READ_ONCE(*vram), found;
	const u32 probe = 0x5ca1ab1e;

	WRITE_ONCE(*vram, probe);
	found = READ_ONCE(*vram);
	WRITE_ONCE(*vram, old);

	return found == probe;
}

/**
 * cirrus_save - remember what firmware has programmed
 * @sdev: the device
 * @to: a &struct cirrus_state
 *
 * Context: See &shadow_ops.save.
 */
void cirrus_save(struct shadow_device *sdev, void *to)
{
	struct cirrus_state *state = to;

	vgahw_save(sdev, &state->vga, cirrus_extension);
	cirrus_set_linear(sdev);
	while (sdev->vram_size > CIRRUS_MIN_VRAM &&
	       !cirrus_has_vram_at(sdev, sdev->vram_size / 2))
		sdev->vram_size /= 2;
	vgahw_save_text(sdev, &state->vga);
	cirrus_unlock_hidden_dac(sdev);
	state->hidden_dac = vgahw_read(sdev, VGA_PEL_MSK);
}

/**
 * cirrus_restore - put back what firmware had programmed
 * @sdev: the device
 * @from: a &struct cirrus_state
 *
 * Context: See &shadow_ops.restore.
 */
void cirrus_restore(struct shadow_device *sdev, const void *from)
{
	const struct cirrus_state *state = from;

	vgahw_restore_text(sdev, &state->vga);
	vgahw_restore(sdev, &state->vga, cirrus_extension);
	cirrus_unlock_hidden_dac(sdev);
	vgahw_write(sdev, VGA_PEL_MSK, state->hidden_dac);
	vgahw_restore_shown(sdev, &state->vga);
}
