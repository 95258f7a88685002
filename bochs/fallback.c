// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fallback for adapters that can do more, but are a VGA with a dispi interface too:
 *
 *  virtio-vga   registers in BAR 2, like VGA, and 8 MiB of VRAM
 *  qxl-vga      registers in ports, VRAM at the start of a larger BAR 0
 *  vmware-svga  registers in ports, VRAM in BAR 1
 *
 * They have drivers of their own, which come first. Nothing here is announced to udev,
 * and the kernel asks this driver only for a device whose "driver_override" names it.
 *
 * Sources: QEMU's hw/display/virtio-vga.c, virtio-gpu-base.c, qxl.c and vmware_vga.c; the
 * virtio specification, "Virtio Over PCI Bus".
 */

#include <linux/io.h>
#include <linux/moduleparam.h>

#include <uapi/linux/virtio_gpu.h>
#include <uapi/linux/virtio_pci.h>

#include "bochs.h"

static bool fallback_virgl;
module_param(fallback_virgl, bool, 0444);
MODULE_PARM_DESC(fallback_virgl, "drive virtio-vga even if it offers 3D (default: no)");

/*
 * virtio-vga
 */

#define PCI_DEVICE_ID_VIRTIO_GPU	0x1050

static u8 virtio_find_capability(struct pci_dev *pdev, u8 type)
{
	u8 position = pci_find_capability(pdev, PCI_CAP_ID_VNDR), found;

	while (position) {
		pci_read_config_byte(pdev, position + VIRTIO_PCI_CAP_CFG_TYPE, &found);
		if (found == type)
			break;
		position = pci_find_next_capability(pdev, position, PCI_CAP_ID_VNDR);
	}

	return position;
}

/*
 * One of the capabilities is a window to any register in any BAR, and works without
 * mapping or enabling anything. Return where in config space the register is then,
 * or 0 if there is no such window.
 */
static int virtio_open_window(struct pci_dev *pdev, u32 reg, u32 size)
{
	u8 common = virtio_find_capability(pdev, VIRTIO_PCI_CAP_COMMON_CFG);
	u8 window = virtio_find_capability(pdev, VIRTIO_PCI_CAP_PCI_CFG);
	u32 offset;
	u8 bar;

	if (!common || !window)
		return 0;

	pci_read_config_byte(pdev, common + VIRTIO_PCI_CAP_BAR, &bar);
	pci_read_config_dword(pdev, common + VIRTIO_PCI_CAP_OFFSET, &offset);
	pci_write_config_byte(pdev, window + VIRTIO_PCI_CAP_BAR, bar);
	pci_write_config_dword(pdev, window + VIRTIO_PCI_CAP_OFFSET, offset + reg);
	pci_write_config_dword(pdev, window + VIRTIO_PCI_CAP_LENGTH, size);

	return window + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
}

static bool virtio_offers_virgl(struct pci_dev *pdev)
{
	u32 features = 0;
	int data;

	data = virtio_open_window(pdev, VIRTIO_PCI_COMMON_DFSELECT, sizeof(u32));
	if (data)
		pci_write_config_dword(pdev, data, VIRTIO_GPU_F_VIRGL / 32);
	data = virtio_open_window(pdev, VIRTIO_PCI_COMMON_DF, sizeof(u32));
	if (data)
		pci_read_config_dword(pdev, data, &features);

	return features & BIT(VIRTIO_GPU_F_VIRGL % 32);
}

/* A scanout that virtio-gpu has set hides the VGA until the virtio device is reset. */
static void virtio_enter_vga(struct pci_dev *pdev)
{
	int data = virtio_open_window(pdev, VIRTIO_PCI_COMMON_STATUS, sizeof(u8));

	if (data)
		pci_write_config_byte(pdev, data, 0);
}

static const struct bochs_info virtio_vga_info = {
	BOCHS_VGA("virtio-vga", 0),
	.no_edid = true,
	.enter_vga = virtio_enter_vga,
};

/*
 * qxl-vga
 */

#define PCI_DEVICE_ID_QXL		0x0100
#define QXL_IO_BAR			3
#define QXL_IO_RESET			5	/* a port; written, whatever the value */

static void qxl_enter_vga(struct pci_dev *pdev)
{
	if (IS_ENABLED(CONFIG_HAS_IOPORT))
		outb(0, pci_resource_start(pdev, QXL_IO_BAR) + QXL_IO_RESET);
}

static const struct bochs_info qxl_vga_info = {
	BOCHS_VGA("qxl-vga", 0),
	.ports_only = true,
	.io_bar = QXL_IO_BAR,
	.enter_vga = qxl_enter_vga,
};

/*
 * vmware-svga
 */

#define PCI_DEVICE_ID_VMWARE_SVGA2	0x0405
#define SVGA_IO_BAR			0
#define SVGA_IO_INDEX			0	/* ports of 32 bits, though 1 apart */
#define SVGA_IO_VALUE			1
#define SVGA_REG_ENABLE			1

static void svga_enter_vga(struct pci_dev *pdev)
{
	if (IS_ENABLED(CONFIG_HAS_IOPORT)) {
		outl(SVGA_REG_ENABLE, pci_resource_start(pdev, SVGA_IO_BAR) + SVGA_IO_INDEX);
		outl(0, pci_resource_start(pdev, SVGA_IO_BAR) + SVGA_IO_VALUE);
	}
}

static const struct bochs_info vmware_svga_info = {
	BOCHS_VGA("vmware-svga", 1),
	.ports_only = true,
	.io_bar = SVGA_IO_BAR,
	.enter_vga = svga_enter_vga,
};

/*
 * PCI
 */

/* Called only for a device whose "driver_override" names this driver. It still leaves 3D alone. */
static int fallback_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	if (id->driver_data == (kernel_ulong_t)&virtio_vga_info && !fallback_virgl &&
	    virtio_offers_virgl(pdev)) {
		dev_info(&pdev->dev, "left to virtio-gpu, since QEMU offers it 3D (or load vgakms with fallback_virgl=1)\n");
		return -ENODEV;
	}

	return bochs_pci_probe(pdev, id);
}

/* Only with the class of a VGA: the same ids are also those of adapters without one. */
#define FALLBACK_VGA(vendor, device, info) \
	PCI_DEVICE_DRIVER_OVERRIDE(vendor, device, true), \
	.class = PCI_CLASS_DISPLAY_VGA << 8, .class_mask = 0xffff00, \
	.driver_data = (kernel_ulong_t)(info)

/* Not a MODULE_DEVICE_TABLE: udev must not load vgakms for these. */
static const struct pci_device_id fallback_pci_ids[] = {
	{ FALLBACK_VGA(PCI_VENDOR_ID_REDHAT_QUMRANET, PCI_DEVICE_ID_VIRTIO_GPU, &virtio_vga_info) },
	{ FALLBACK_VGA(PCI_VENDOR_ID_REDHAT, PCI_DEVICE_ID_QXL, &qxl_vga_info) },
	{ FALLBACK_VGA(PCI_VENDOR_ID_VMWARE, PCI_DEVICE_ID_VMWARE_SVGA2, &vmware_svga_info) },
	{ }
};

struct pci_driver fallback_pci_driver = {
	.name = "vgakms-fallback",
	.id_table = fallback_pci_ids,
	.probe = fallback_pci_probe,
	SHADOW_PCI_DRIVER_OPS,
};
