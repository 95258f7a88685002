// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What firmware had set an adapter with a dispi interface up for, to be kept or
 * put back.
 */

#include "bochs.h"
#include "dispi.h"
#include "handover.h"

/* In the order in which they are put back: enabling zeroes those that come after it. */
static const u16 bochs_saved[BOCHS_SAVED_REGISTERS] = {
	DISPI_INDEX_XRES, DISPI_INDEX_YRES, DISPI_INDEX_BPP, DISPI_INDEX_ENABLE,
	DISPI_INDEX_VIRT_WIDTH, DISPI_INDEX_X_OFFSET, DISPI_INDEX_Y_OFFSET,
};

/**
 * bochs_note_shown - let the core know what the registers make visible
 * @sdev: the device
 *
 * While bochs-display is not enabled it keeps showing its last picture.
 *
 * Context: Between drm_dev_enter() and drm_dev_exit(), or probe.
 */
void bochs_note_shown(struct shadow_device *sdev)
{
	u32 cpp = DIV_ROUND_UP(dispi_read(sdev, DISPI_INDEX_BPP), 8);
	u32 width = max(dispi_read(sdev, DISPI_INDEX_XRES),
			dispi_read(sdev, DISPI_INDEX_VIRT_WIDTH));
	u32 x = dispi_read(sdev, DISPI_INDEX_X_OFFSET);
	u32 y = dispi_read(sdev, DISPI_INDEX_Y_OFFSET);
	u64 lines = y + dispi_read(sdev, DISPI_INDEX_YRES);

	shadow_note_shown(sdev, (lines * width + x) * cpp);
}

/*
 * Firmware may have set its mode just as the driver would set it. Then the first mode set, or a
 * panic, uses that. VGA may be blanked, and bochs-display takes a pitch that is less than the
 * width for the width.
 */
static void bochs_adopt_mode(struct shadow_device *sdev, const struct bochs_state *state)
{
	u32 width = dispi_read(sdev, DISPI_INDEX_XRES);
	u32 height = dispi_read(sdev, DISPI_INDEX_YRES);
	u32 virt_width = max_t(u32, dispi_read(sdev, DISPI_INDEX_VIRT_WIDTH), width);
	struct shadow_layout layout;

	if (shadow_layout_fit(&sdev->info->limits, sdev->vram_size, width, height, &layout) &&
	    dispi_read(sdev, DISPI_INDEX_ENABLE) & DISPI_ENABLED &&
	    width == layout.scan_width && virt_width * layout.cpp == layout.pitch &&
	    dispi_read(sdev, DISPI_INDEX_BPP) == layout.cpp * 8 &&
	    !dispi_read(sdev, DISPI_INDEX_X_OFFSET) && !dispi_read(sdev, DISPI_INDEX_Y_OFFSET) &&
	    (!dispi_has_endian(sdev) ||
	     readl(sdev->regs + DISPI_MMIO_ENDIAN) == DISPI_ENDIAN_LITTLE) &&
	    (!to_bochs_info(sdev->info)->has_vga || state->vga.att_index & VGAHW_ATT_SHOW))
		sdev->scanout = layout;
}

/**
 * bochs_save - remember what firmware has programmed
 * @sdev: the device
 * @to: a &struct bochs_state
 *
 * Context: See &shadow_ops.save.
 */
void bochs_save(struct shadow_device *sdev, void *to)
{
	const struct bochs_info *info = to_bochs_info(sdev->info);
	struct bochs_state *state = to;
	bool hidden = info->hides_vram && !(dispi_read(sdev, DISPI_INDEX_ENABLE) & DISPI_ENABLED);
	u32 i;

	if (info->enter_vga)
		info->enter_vga(to_pci_dev(sdev->drm.dev));

	bochs_note_shown(sdev);
	for (i = 0; i < ARRAY_SIZE(bochs_saved); i++)
		state->dispi[i] = dispi_read(sdev, bochs_saved[i]);
	if (dispi_has_endian(sdev))
		state->endian = readl(sdev->regs + DISPI_MMIO_ENDIAN);
	if (info->has_vga) {
		vgahw_save(sdev, &state->vga, NULL);
		if (hidden)
			dispi_write(sdev, DISPI_INDEX_ENABLE, DISPI_OPEN_VRAM);
		vgahw_save_text(sdev, &state->vga);
		if (hidden)
			bochs_restore(sdev, state); /* whatever enabling has changed */
	}
	bochs_adopt_mode(sdev, state);
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
	bool has_vga = to_bochs_info(sdev->info)->has_vga;
	const struct bochs_state *state = from;
	u32 i;

	/* the text goes first: VRAM may be hidden while dispi is disabled */
	if (has_vga)
		vgahw_restore_text(sdev, &state->vga);
	dispi_write(sdev, DISPI_INDEX_ENABLE, DISPI_DISABLED);
	for (i = 0; i < ARRAY_SIZE(bochs_saved); i++)
		dispi_write(sdev, bochs_saved[i], state->dispi[i]);
	if (dispi_has_endian(sdev))
		writel(state->endian, sdev->regs + DISPI_MMIO_ENDIAN);
	if (has_vga) {
		vgahw_restore(sdev, &state->vga, NULL);
		vgahw_restore_shown(sdev, &state->vga);
	}
}
