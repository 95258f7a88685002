// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "-vga cirrus": the Cirrus Logic GD5446 of 1996, as QEMU and Xen have it.
 *
 * Its registers are from the age of 1024x768 in 256 colors:
 *
 *  pitch    up to 4088 bytes, so 1024 pixels already have to be of 24 bits
 *  height   10 bits, but what was meant for interlaced monitors doubles it
 *  split    after line 1023 at the latest, the lower part of a split screen
 *           begins: its lines are read from address 0 on
 *  VRAM     4 MiB; with vgamem_mb= it may be 8 or 16, and no register says so
 *
 * QEMU has two ways to show VRAM. If it can, it shares VRAM with the host's window.
 * It then draws the picture without the split, but looks for changed pages as if
 * there were one, so changes below line 1023 would go unnoticed. The other way is to
 * convert each line, and there the split is honored. QEMU converts in two cases: if
 * the picture seems to reach beyond the end of VRAM, which is how the layout is made
 * with 4 MiB; and if the hardware cursor is on, which is switched on with more. (QEMU
 * forgets that cursor when it migrates or restores a machine. Until the next mode set
 * a picture of more than 1024 lines is then wrong in its lower part.)
 *
 * The blitter is not used: it takes dozens of register accesses, and copying in the
 * guest is cheaper.
 */

#include <linux/module.h>

#include <drm/drm_print.h>

#include "cirrus.h"
#include "handover.h"
#include "limits.h"
#include "regs.h"

#define PCI_SUBDEVICE_ID_XEN_VGA	0x0001

#define CIRRUS_MMIO_BAR			1

static const struct shadow_info cirrus_info = {
	.name = "cirrus-vga",
	.limits = CIRRUS_LIMITS,
};

/*
 * Registers
 */

/* How much VRAM there is can only be tried, which takes VRAM that is linear: cirrus_save() does. */
static int cirrus_detect(struct shadow_device *sdev)
{
	sdev->regs = pcim_iomap(to_pci_dev(sdev->drm.dev), CIRRUS_MMIO_BAR, CIRRUS_MMIO_SIZE);
	if (!sdev->regs) {
		drm_err(&sdev->drm, "cannot map the registers\n");
		return -ENOMEM;
	}

	sdev->vga = sdev->regs;
	sdev->swapped = VGAHW_BIG_ENDIAN;
	sdev->vram_size = CIRRUS_MAX_VRAM;

	return 0;
}

/*
 * After this, whatever firmware left: pixels are packed, lines are not doubled, VGA's CRT
 * controller is unlocked, the split is where it cannot be avoided, and the screen is black.
 */
static void cirrus_reset(struct shadow_device *sdev)
{
	vgahw_reset(sdev);

	cirrus_set_linear(sdev);
	cirrus_write_gfx(sdev, VGA_GFX_MODE, CIRRUS_GR5_256_COLORS);
	cirrus_write_gfx(sdev, VGA_GFX_MISC, VGA_GR06_GRAPHICS_MODE | CIRRUS_GR6_WINDOW_A0000);

	cirrus_write_seq(sdev, CIRRUS_SR12, 0);
	cirrus_write_seq(sdev, CIRRUS_SR13, 0); /* CIRRUS_CURSOR_PATTERN */

	cirrus_write_crt(sdev, VGA_CRTC_V_SYNC_END, 0); /* not VGA_CR11_LOCK_CR0_CR7 */
	cirrus_write_crt(sdev, VGA_CRTC_MAX_SCAN, CIRRUS_CR9_LINE_COMPARE_9);
	cirrus_write_crt(sdev, VGA_CRTC_START_LO, 0);
	cirrus_write_crt(sdev, VGA_CRTC_MODE, VGA_CR17_H_V_SIGNALS_ENABLED | CIRRUS_CR17_NO_CGA);
	cirrus_write_crt(sdev, VGA_CRTC_LINE_COMPARE, CIRRUS_CR18_LINE_COMPARE);

	cirrus_unlock_hidden_dac(sdev);
	vgahw_write(sdev, VGA_PEL_MSK, CIRRUS_HDR_RGB565);

	/* all of VRAM: in the middle of a mode set any part of it may be seen */
	shadow_make_black(sdev, sdev->vram_size);
	vgahw_blank(sdev, false);
}

static void cirrus_set_size(struct shadow_device *sdev, const struct shadow_layout *layout)
{
	bool tall = layout->height > CIRRUS_FLAT_HEIGHT;
	u32 height = (tall ? layout->height / 2 : layout->height) - 1;

	cirrus_write_crt(sdev, VGA_CRTC_H_DISP, layout->scan_width / 8 - 1);
	cirrus_write_crt(sdev, VGA_CRTC_V_DISP_END, height);
	cirrus_write_crt(sdev, VGA_CRTC_OVERFLOW, CIRRUS_CR7_LINE_COMPARE_8 |
			 (height & BIT(8) ? CIRRUS_CR7_HEIGHT_8 : 0) |
			 (height & BIT(9) ? CIRRUS_CR7_HEIGHT_9 : 0));
	cirrus_write_crt(sdev, CIRRUS_CR1A, tall ? CIRRUS_CR1A_INTERLACE : 0);
}

/* The pitch is in units of 8 bytes. The start is in units of 4, and a multiple of 256 of those. */
static void cirrus_set_address(struct shadow_device *sdev, const struct shadow_layout *layout)
{
	u32 pitch = layout->pitch / 8, start = layout->start / 4;

	cirrus_write_crt(sdev, VGA_CRTC_OFFSET, pitch);
	cirrus_write_crt(sdev, VGA_CRTC_START_HI, start >> 8);
	cirrus_write_crt(sdev, CIRRUS_CR1B, CIRRUS_CR1B_LARGE |
			 (pitch & BIT(8) ? CIRRUS_CR1B_PITCH_8 : 0) |
			 (start & BIT(16) ? CIRRUS_CR1B_START_16 : 0) |
			 (start >> 15 & CIRRUS_CR1B_START_17_18));
	cirrus_write_crt(sdev, CIRRUS_CR1D, start & BIT(19) ? CIRRUS_CR1D_START_19 : 0);
}

/*
 * The registers change one by one, and the host may look in between. So all of VRAM is made
 * black first: the place of the new picture, which has to be black until the upload, and the
 * place of the old one; the rest is black already. Then no mixture of old and new registers
 * can show anything but black, and no blanking is needed. (The host may see black of a size
 * that nobody asked for.)
 */
static void cirrus_set_mode(struct shadow_device *sdev, const struct shadow_layout *layout)
{
	static const u8 depths[] = {
		[2] = CIRRUS_SR7_16_BPP, [3] = CIRRUS_SR7_24_BPP, [4] = CIRRUS_SR7_32_BPP,
	};
	bool split = layout->split < layout->height;

	shadow_make_black(sdev, max(sdev->shown_size, shadow_layout_end(layout)));
	sdev->shown_size = 0;

	cirrus_set_size(sdev, layout);
	cirrus_set_address(sdev, layout);
	cirrus_write_seq(sdev, CIRRUS_SR7,
			 CIRRUS_SR7_LINEAR | CIRRUS_SR7_EXTENDED | depths[layout->cpp]);
	if (sdev->vram_size > CIRRUS_MIN_VRAM)
		cirrus_write_seq(sdev, CIRRUS_SR12, split ? CIRRUS_SR12_SHOW : 0);
}

static const struct shadow_ops cirrus_ops = {
	.detect = cirrus_detect,
	.peek = vgahw_peek,
	.state_size = sizeof(struct cirrus_state),
	.save = cirrus_save,
	.restore = cirrus_restore,
	.reset = cirrus_reset,
	.set_mode = cirrus_set_mode,
};

/*
 * PCI
 */

static int cirrus_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	/* "driver_override" makes the kernel try any device */
	if (!id->driver_data) {
		dev_err(&pdev->dev, "not an adapter for this driver\n");
		return -ENODEV;
	}

	/* refuse before the screen is taken over */
	if (!shadow_has_bar(pdev, CIRRUS_MMIO_BAR, IORESOURCE_MEM, CIRRUS_MMIO_SIZE)) {
		dev_err(&pdev->dev, "no registers in BAR 1\n");
		return -ENODEV;
	}

	return shadow_probe(pdev, &cirrus_ops, (const struct shadow_info *)id->driver_data);
}

#define CIRRUS_ID(subvendor, subdevice) \
	PCI_DEVICE_SUB(PCI_VENDOR_ID_CIRRUS, PCI_DEVICE_ID_CIRRUS_5446, subvendor, subdevice), \
	.driver_data = (kernel_ulong_t)&cirrus_info

/* A real GD5446 has other subsystem ids, and needs its timing registers set. */
static const struct pci_device_id cirrus_pci_ids[] = {
	{ CIRRUS_ID(PCI_SUBVENDOR_ID_REDHAT_QUMRANET, PCI_SUBDEVICE_ID_QEMU) },
	{ CIRRUS_ID(PCI_VENDOR_ID_XEN, PCI_SUBDEVICE_ID_XEN_VGA) },
	{ }
};
MODULE_DEVICE_TABLE(pci, cirrus_pci_ids);

struct pci_driver cirrus_pci_driver = {
	.name = "vgakms-cirrus",
	.id_table = cirrus_pci_ids,
	.probe = cirrus_pci_probe,
	SHADOW_PCI_DRIVER_OPS,
};
