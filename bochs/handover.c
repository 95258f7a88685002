// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What firmware had set an adapter with a dispi interface up for, to be kept or
 * put back.
 */

#include "dispi.h"
#include "handover.h"

/* Enabling zeroes those that come after it. */
static const u16 bochs_saved[BOCHS_SAVED_REGISTERS] = {
	DISPI_INDEX_XRES, DISPI_INDEX_YRES, DISPI_INDEX_BPP, DISPI_INDEX_ENABLE,
	DISPI_INDEX_VIRT_WIDTH, DISPI_INDEX_X_OFFSET, DISPI_INDEX_Y_OFFSET,
};

/**
 * bochs_save - remember what firmware has programmed
 * @sdev: the device
 * @to: a &struct bochs_state
 *
 * Context: See &shadow_ops.save.
 */
void bochs_save(struct shadow_device *sdev, void *to)
{
	struct bochs_state *state = to;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bochs_saved); i++)
		state->dispi[i] = dispi_read(sdev, bochs_saved[i]);
	if (dispi_has_endian(sdev))
		state->endian = readl(sdev->regs + DISPI_MMIO_ENDIAN);
	if (sdev->info->can_blank) {
		vgahw_save(sdev, &state->vga, NULL);
		vgahw_save_text(sdev, &state->vga);
	}
}

/**
 * bochs_restore - put back what firmware had programmed
 * @sdev: the device
 * @from: a &struct bochs_state
 *
 * Context: See &shadow_ops.restore.
 */
void bochs_restore(struct shadow_device *sdev, const void *from)
{
	const struct bochs_state *state = from;
	u32 i;

	dispi_write(sdev, DISPI_INDEX_ENABLE, DISPI_DISABLED);
	if (sdev->info->can_blank)
		vgahw_restore(sdev, &state->vga, NULL);

	for (i = 0; i < ARRAY_SIZE(bochs_saved); i++)
		dispi_write(sdev, bochs_saved[i], state->dispi[i]);
	if (dispi_has_endian(sdev))
		writel(state->endian, sdev->regs + DISPI_MMIO_ENDIAN);
	if (sdev->info->can_blank)
		vgahw_restore_shown(sdev, &state->vga);
}

/**
 * bochs_shows - ask whether the adapter shows a mode already
 * @sdev: the device
 * @layout: the mode
 *
 * bochs-display takes a pitch that is less than the width for the width.
 *
 * Context: See &shadow_ops.shows.
 * Return: Whether setting the mode would change nothing.
 */
bool bochs_shows(struct shadow_device *sdev, const struct shadow_layout *layout)
{
	u32 width = dispi_read(sdev, DISPI_INDEX_XRES);
	u32 pitch = max_t(u32, dispi_read(sdev, DISPI_INDEX_VIRT_WIDTH), width) * layout->cpp;

	return dispi_read(sdev, DISPI_INDEX_ENABLE) & DISPI_ENABLED &&
	       width == layout->scan_width && pitch == layout->pitch &&
	       dispi_read(sdev, DISPI_INDEX_YRES) == layout->height &&
	       dispi_read(sdev, DISPI_INDEX_BPP) == layout->cpp * 8 &&
	       !dispi_read(sdev, DISPI_INDEX_X_OFFSET) &&
	       !dispi_read(sdev, DISPI_INDEX_Y_OFFSET) &&
	       (!dispi_has_endian(sdev) ||
		readl(sdev->regs + DISPI_MMIO_ENDIAN) == DISPI_ENDIAN_LITTLE) &&
	       (!sdev->info->can_blank || vgahw_is_shown(sdev));
}
