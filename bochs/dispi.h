/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of the adapters that speak the Bochs "dispi" interface, and the two
 * ways to reach them: through BAR 2, or through legacy I/O ports.
 *
 * Sources: QEMU's docs/specs/standard-vga.rst, hw/display/vga.c, vga-pci.c and
 * bochs-display.c; Bochs' iodev/display/vga.cc.
 */
#ifndef BOCHS_DISPI_H
#define BOCHS_DISPI_H

#include <linux/bits.h>
#include <linux/io.h>

#include "shadow.h"

/* BAR 2 */
#define DISPI_MMIO_SIZE			0x1000
#define DISPI_MMIO_EDID			0x000
#define DISPI_MMIO_EDID_SIZE		0x400
#define DISPI_MMIO_VGA			0x400	/* I/O ports 0x3c0 to 0x3df */
#define DISPI_MMIO_REGS			0x500	/* 16 bits each; nothing else is safe */
#define DISPI_MMIO_ENDIAN		0x604	/* 32 bits, from PCI revision 2 on */
#define   DISPI_ENDIAN_LITTLE		0x1e1e1e1e
#define   DISPI_ENDIAN_REVISION		2

/*
 * Legacy I/O ports: an index and a data port, 16 bits each. The data port of x86 is at an odd
 * address, which other CPUs' QEMU does not have.
 */
#define DISPI_PORT_INDEX		0x1ce
#define DISPI_PORT_DATA			(IS_ENABLED(CONFIG_X86) ? 0x1cf : 0x1d0)
#define DISPI_PORT_COUNT		(DISPI_PORT_DATA - DISPI_PORT_INDEX + 1)

/* dispi registers, by index */
#define DISPI_INDEX_ID			0x0
#define   DISPI_ID_MASK			0xfff0
#define   DISPI_ID			0xb0c0
#define DISPI_INDEX_XRES		0x1	/* pixels */
#define DISPI_INDEX_YRES		0x2	/* lines */
#define DISPI_INDEX_BPP			0x3	/* bits per pixel */
#define DISPI_INDEX_ENABLE		0x4
#define   DISPI_DISABLED		0
#define   DISPI_ENABLED			BIT(0)
#define   DISPI_LFB_ENABLED		BIT(6)	/* QEMU: always; Bochs wants it */
#define   DISPI_NOCLEARMEM		BIT(7)
#define   DISPI_OPEN_VRAM		(DISPI_ENABLED | DISPI_LFB_ENABLED | DISPI_NOCLEARMEM)
#define DISPI_INDEX_VIRT_WIDTH		0x6	/* pitch, in pixels */
#define DISPI_INDEX_X_OFFSET		0x8
#define DISPI_INDEX_Y_OFFSET		0x9
#define DISPI_INDEX_VRAM_64K		0xa	/* VRAM size, in 64 KiB */

static inline bool dispi_has_endian(struct shadow_device *sdev)
{
	return sdev->regs && to_pci_dev(sdev->drm.dev)->revision >= DISPI_ENDIAN_REVISION;
}

static inline u16 dispi_read(struct shadow_device *sdev, u16 index)
{
	if (sdev->regs)
		return readw(sdev->regs + DISPI_MMIO_REGS + index * 2);
	if (!IS_ENABLED(CONFIG_HAS_IOPORT))
		return 0;

	outw(index, DISPI_PORT_INDEX);
	return inw(DISPI_PORT_DATA);
}

static inline void dispi_write(struct shadow_device *sdev, u16 index, u16 value)
{
	if (sdev->regs) {
		writew(value, sdev->regs + DISPI_MMIO_REGS + index * 2);
	} else if (IS_ENABLED(CONFIG_HAS_IOPORT)) {
		outw(index, DISPI_PORT_INDEX);
		outw(value, DISPI_PORT_DATA);
	}
}

#endif
