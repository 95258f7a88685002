/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VGA that most of the adapters contain, reached through a register BAR or
 * through legacy I/O ports.
 *
 * Sources: QEMU's hw/display/vga.c and cirrus_vga.c.
 */
#ifndef VGAHW_H
#define VGAHW_H

#include <linux/io.h>

#include <video/vga.h>

#include "shadow.h"

#define VGAHW_PORT_BASE			0x3c0
#define VGAHW_PORT_COUNT			0x20

/* Attribute controller: the picture is shown while its index has this bit */
#define VGAHW_ATT_SHOW			0x20

/*
 * Where no register says otherwise, QEMU's VGA has pixels in the byte order that it thinks typical
 * of the CPU, whichever order the CPU runs in. On POWER this is big endian, on ARM little endian.
 */
#define VGAHW_BIG_ENDIAN \
	(IS_ENABLED(CONFIG_PPC) || (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) && \
				    !IS_ENABLED(CONFIG_ARM) && !IS_ENABLED(CONFIG_ARM64)))

/*
 * When a little-endian Linux starts, POWER's machine "pseries" switches all but Cirrus to little
 * endian. Other machines of POWER do not, and nothing tells. (A big-endian Linux that is booted
 * after that one, in the same QEMU, may find them still switched. Nothing tells that, either.)
 */
#define VGAHW_UNKNOWN_ENDIAN \
	(IS_ENABLED(CONFIG_PPC) && !IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))

static inline u8 vgahw_read(struct shadow_device *sdev, u16 port)
{
	if (sdev->vga)
		return readb(sdev->vga + port - VGAHW_PORT_BASE);

	return IS_ENABLED(CONFIG_HAS_IOPORT) ? inb(port) : 0xff;
}

static inline void vgahw_write(struct shadow_device *sdev, u16 port, u8 value)
{
	if (sdev->vga)
		writeb(value, sdev->vga + port - VGAHW_PORT_BASE);
	else if (IS_ENABLED(CONFIG_HAS_IOPORT))
		outb(value, port);
}

void vgahw_reset(struct shadow_device *sdev);
void vgahw_blank(struct shadow_device *sdev, bool blank);

#endif
