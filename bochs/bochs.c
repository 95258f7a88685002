// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The adapters that speak the Bochs "dispi" interface.
 *
 *  VGA            "-vga std": dispi beside a complete VGA
 *  secondary-vga  the same without legacy ports and without a VGA BIOS
 *  bochs-display  dispi alone: no VGA, so nothing that could blank the screen
 *  Bochs VGA      what VGA is modelled on, in the emulator Bochs: registers in ports
 *
 * On those with a VGA, registers act when written: enabling clears the visible
 * VRAM and zeroes pitch and offsets, and QEMU silently rounds what it does not
 * like. bochs-display merely stores what is written; the host interprets it
 * when it next refreshes its display, and keeps the last picture while what it
 * finds makes no sense or is not enabled.
 */

#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include <drm/drm_edid.h>

#include "bochs.h"
#include "dispi.h"
#include "handover.h"

#define PCI_VENDOR_ID_BOCHS		0x1234
#define PCI_DEVICE_ID_BOCHS_VGA		0x1111
#define PCI_VENDOR_ID_SIMICS		0x4321
#define PCI_DEVICE_ID_SIMICS_VGA	0x1111

#define BOCHS_MMIO_BAR			2
#define BOCHS_EDID_HEADER_SIZE		8

static const struct bochs_info bochs_vga_info = {
	BOCHS_VGA("VGA", 0),
};

static const struct bochs_info bochs_secondary_info = {
	BOCHS_VGA("secondary-vga", 0),
};

static const struct bochs_info bochs_emulator_info = {
	BOCHS_VGA_UP_TO(BOCHS_EMULATOR_LIMITS, "Bochs VGA", 0),
	.hides_vram = true,
};

static const struct bochs_info bochs_display_info = {
	.base = {
		.name = "bochs-display",
		.limits = BOCHS_DISPLAY_LIMITS,
	},
};

/*
 * Registers
 */

static bool bochs_has_mmio(struct pci_dev *pdev, const struct bochs_info *info)
{
	return !info->ports_only &&
	       shadow_has_bar(pdev, BOCHS_MMIO_BAR, IORESOURCE_MEM, DISPI_MMIO_SIZE);
}

/*
 * Whether there is a VGA behind the MMIO BAR. If there is, its sequencer's index can be
 * read back. Writing it has no other effect.
 */
static bool bochs_has_vga(struct shadow_device *sdev)
{
	const u8 index = VGA_SEQ_MEMORY_MODE;

	vgahw_write(sdev, VGA_SEQ_I, index);

	return vgahw_read(sdev, VGA_SEQ_I) == index;
}

/* The EDID is in constant memory, which reads as all ones with QEMU's "edid=off". */
static int bochs_read_edid(void *context, u8 *buf, unsigned int block, size_t len)
{
	struct shadow_device *sdev = context;
	size_t start = block * EDID_LENGTH;

	if (!sdev->regs || to_bochs_info(sdev->info)->no_edid || start + len > DISPI_MMIO_EDID_SIZE)
		return -ENODEV;

	memcpy_fromio(buf, sdev->regs + DISPI_MMIO_EDID + start, len);
	if (!block && drm_edid_header_is_valid(buf) != BOCHS_EDID_HEADER_SIZE)
		return -ENODEV;

	return 0;
}

/* Which adapter it is follows from what answers: PCI ids alone do not say. */
static int bochs_detect(struct shadow_device *sdev)
{
	struct pci_dev *pdev = to_pci_dev(sdev->drm.dev);
	u8 header[BOCHS_EDID_HEADER_SIZE];
	u16 id;

	/* Without MMIO, VGA's ports are used unclaimed: vgacon or vesafb may have them still. */
	if (bochs_has_mmio(pdev, to_bochs_info(sdev->info))) {
		sdev->regs = pcim_iomap(pdev, BOCHS_MMIO_BAR, DISPI_MMIO_SIZE);
		if (!sdev->regs) {
			drm_err(&sdev->drm, "cannot map the registers\n");
			return -ENOMEM;
		}
		sdev->vga = sdev->regs + DISPI_MMIO_VGA;
	}

	id = dispi_read(sdev, DISPI_INDEX_ID);
	if ((id & DISPI_ID_MASK) != DISPI_ID) {
		drm_err(&sdev->drm, "no dispi interface: its ID reads 0x%04x\n", id);
		return -ENODEV;
	}

	if (!pci_is_vga(pdev))
		sdev->info = bochs_has_vga(sdev) ? &bochs_secondary_info.base :
						   &bochs_display_info.base;
	sdev->vram_size = (u32)dispi_read(sdev, DISPI_INDEX_VRAM_64K) * SZ_64K;
	sdev->swapped = VGAHW_BIG_ENDIAN && !dispi_has_endian(sdev);

	if (bochs_read_edid(sdev, header, 0, sizeof(header)))
		drm_info(&sdev->drm, "no EDID, offering standard modes\n");

	return 0;
}

/* bochs-display keeps firmware's offsets even through a hardware reset: zero them. */
static void bochs_reset(struct shadow_device *sdev)
{
	const struct bochs_info *info = to_bochs_info(sdev->info);

	if (info->enter_vga)
		info->enter_vga(to_pci_dev(sdev->drm.dev));

	if (info->has_vga) {
		vgahw_reset(sdev);
	} else {
		bochs_note_shown(sdev);
		shadow_make_black(sdev, sdev->shown_size);
		dispi_write(sdev, DISPI_INDEX_X_OFFSET, 0);
		dispi_write(sdev, DISPI_INDEX_Y_OFFSET, 0);
	}

	if (dispi_has_endian(sdev))
		writel(DISPI_ENDIAN_LITTLE, sdev->regs + DISPI_MMIO_ENDIAN);
}

/*
 * On a VGA, disabling dispi makes it show VRAM in 256 colors, so it is blanked meanwhile.
 * Enabling dispi sets the pitch to the width, zeroes the offsets, and clears what becomes
 * visible. On bochs-display it does none of these.
 */
static void bochs_set_mode(struct shadow_device *sdev, const struct shadow_layout *layout)
{
	bool has_vga = to_bochs_info(sdev->info)->has_vga;

	if (has_vga)
		vgahw_blank(sdev, true);
	else
		shadow_make_black(sdev, shadow_layout_end(layout));

	dispi_write(sdev, DISPI_INDEX_ENABLE, DISPI_DISABLED);
	dispi_write(sdev, DISPI_INDEX_XRES, layout->scan_width);
	dispi_write(sdev, DISPI_INDEX_YRES, layout->height);
	dispi_write(sdev, DISPI_INDEX_BPP, layout->cpp * 8);
	if (!has_vga)
		dispi_write(sdev, DISPI_INDEX_VIRT_WIDTH, layout->pitch / layout->cpp);
	dispi_write(sdev, DISPI_INDEX_ENABLE, DISPI_ENABLED | DISPI_LFB_ENABLED);

	if (has_vga)
		vgahw_blank(sdev, false);
}

static const struct shadow_ops bochs_ops = {
	.detect = bochs_detect,
	.peek = vgahw_peek,
	.state_size = sizeof(struct bochs_state),
	.save = bochs_save,
	.restore = bochs_restore,
	.reset = bochs_reset,
	.set_mode = bochs_set_mode,
	.read_edid = bochs_read_edid,
};

/*
 * PCI
 */

/*
 * There is one set of legacy ports. With several VGAs, the one that QEMU created last has
 * it, and a guest cannot find out which one that is.
 */
static bool bochs_owns_ports(struct pci_dev *pdev)
{
	struct pci_dev *vga = NULL;

	while ((vga = pci_get_class(PCI_CLASS_DISPLAY_VGA << 8, vga))) {
		if (vga != pdev) {
			pci_dev_put(vga);
			return false;
		}
	}

	return devm_request_region(&pdev->dev, DISPI_PORT_INDEX, DISPI_PORT_COUNT, "vgakms");
}

/**
 * bochs_pci_probe - make a DRM device of a PCI device that has a dispi interface
 * @pdev: the PCI device
 * @id: whose driver_data is a &struct bochs_info
 *
 * What this can refuse, it refuses before the screen is taken over.
 *
 * Context: Process context, may sleep.
 * Return: 0, or a negative error number after a line in the log.
 */
int bochs_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const struct bochs_info *info = (const struct bochs_info *)id->driver_data;

	/* "driver_override" makes the kernel try any device */
	if (!info) {
		dev_err(&pdev->dev, "not an adapter for this driver\n");
		return -ENODEV;
	}

	if (info->ports_only && !shadow_has_bar(pdev, info->io_bar, IORESOURCE_IO, 1)) {
		dev_err(&pdev->dev, "no I/O ports in BAR %u\n", info->io_bar);
		return -ENODEV;
	}

	/* POWER has no legacy ports, and would crash. */
	if (!bochs_has_mmio(pdev, info) && (IS_ENABLED(CONFIG_PPC) || !bochs_owns_ports(pdev))) {
		dev_err(&pdev->dev, "no registers in MMIO, and it may not have the legacy I/O ports\n");
		return -ENODEV;
	}

	if (VGAHW_UNKNOWN_ENDIAN && pdev->revision < DISPI_ENDIAN_REVISION) {
		dev_err(&pdev->dev, "its pixels may be big endian\n");
		return -ENODEV;
	}

	return shadow_probe(pdev, &bochs_ops, &info->base);
}

#define BOCHS_ID(vendor, device) \
	PCI_DEVICE(vendor, device), .driver_data = (kernel_ulong_t)&bochs_vga_info

/* QEMU's adapters have subsystem ids. That of the emulator Bochs has none. */
static const struct pci_device_id bochs_pci_ids[] = {
	{ PCI_DEVICE_SUB(PCI_VENDOR_ID_BOCHS, PCI_DEVICE_ID_BOCHS_VGA, 0, 0),
	  .driver_data = (kernel_ulong_t)&bochs_emulator_info },
	{ BOCHS_ID(PCI_VENDOR_ID_BOCHS, PCI_DEVICE_ID_BOCHS_VGA) },
	{ BOCHS_ID(PCI_VENDOR_ID_SIMICS, PCI_DEVICE_ID_SIMICS_VGA) },
	{ }
};
MODULE_DEVICE_TABLE(pci, bochs_pci_ids);

struct pci_driver bochs_pci_driver = {
	.name = "vgakms-bochs",
	.id_table = bochs_pci_ids,
	.probe = bochs_pci_probe,
	SHADOW_PCI_DRIVER_OPS,
};
