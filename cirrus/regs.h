/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of the Cirrus Logic GD5446 beyond those of VGA, as far as QEMU has
 * them, and where they are in BAR 1.
 *
 * Sources: QEMU's hw/display/cirrus_vga.c; Cirrus Logic's CL-GD5446 Technical
 * Reference Manual.
 */
#ifndef CIRRUS_REGS_H
#define CIRRUS_REGS_H

#include <linux/bits.h>
#include <linux/sizes.h>

#include "vgahw.h"

/* BAR 1 begins with I/O ports 0x3c0 to 0x3df. */
#define CIRRUS_MMIO_SIZE		SZ_4K

/* Sequencer */
#define CIRRUS_SR7			0x07	/* extended sequencer mode */
#define   CIRRUS_SR7_EXTENDED		BIT(0)
#define   CIRRUS_SR7_24_BPP		0x04
#define   CIRRUS_SR7_16_BPP		0x06	/* or 15, says the hidden DAC */
#define   CIRRUS_SR7_32_BPP		0x08
#define   CIRRUS_SR7_LINEAR		0x10
#define CIRRUS_SR12			0x12	/* hardware cursor attributes */
#define   CIRRUS_SR12_SHOW		BIT(0)
#define CIRRUS_SR13			0x13	/* hardware cursor pattern, in 256 bytes */
#define CIRRUS_SR17			0x17	/* extended control */

/* Graphics controller */
#define CIRRUS_GR5_256_COLORS		0x40	/* with write mode 0 */
#define CIRRUS_GR6_WINDOW_A0000		0x04	/* 64 KiB from there on */
#define CIRRUS_GRB			0x0b	/* extended modes */

/* CRT controller: VGA's registers, where fields are spread over them */
#define CIRRUS_CR7_HEIGHT_8		BIT(1)	/* bit 8 of the height less 1 */
#define CIRRUS_CR7_LINE_COMPARE_8	BIT(4)
#define CIRRUS_CR7_HEIGHT_9		BIT(6)
#define CIRRUS_CR9_LINE_COMPARE_9	BIT(6)
#define CIRRUS_CR17_NO_CGA		0x03	/* no addressing as CGA or Hercules do */
#define CIRRUS_CR18_LINE_COMPARE	0xff	/* bits 0 to 7 */

/* CRT controller, extensions */
#define CIRRUS_CR1A			0x1a
#define   CIRRUS_CR1A_INTERLACE		BIT(0)	/* doubles the height */
#define CIRRUS_CR1B			0x1b
#define   CIRRUS_CR1B_START_16		BIT(0)
#define   CIRRUS_CR1B_LARGE		BIT(1)	/* do not wrap at 256 KiB */
#define   CIRRUS_CR1B_START_17_18	(BIT(2) | BIT(3))
#define   CIRRUS_CR1B_PITCH_8		BIT(4)
#define CIRRUS_CR1D			0x1d
#define   CIRRUS_CR1D_START_19		BIT(7)

/* Hidden DAC register: shares its port with the DAC's pixel mask */
#define CIRRUS_HDR_UNLOCK_READS		4
#define CIRRUS_HDR_RGB565		0xe1

/* An index and, in the port after it, data: one access, which QEMU takes for one to each. */
static inline void cirrus_write_indexed(struct shadow_device *sdev, u16 port, u8 index, u8 value)
{
	writew(value << 8 | index, sdev->vga + port - VGAHW_PORT_BASE);
}

static inline u8 cirrus_read(struct shadow_device *sdev, u16 port, u8 index)
{
	vgahw_write(sdev, port, index);

	return vgahw_read(sdev, port + 1);
}

/*
 * The hidden DAC register distinguishes 16 bpp from 15. It is behind the port of the
 * pixel mask, once that has been read four times in a row. An access to another port of
 * the DAC starts the count, which QEMU has wrong after a hardware reset.
 */
static inline void cirrus_unlock_hidden_dac(struct shadow_device *sdev)
{
	int i;

	vgahw_read(sdev, VGA_PEL_IW);
	for (i = 0; i < CIRRUS_HDR_UNLOCK_READS; i++)
		vgahw_read(sdev, VGA_PEL_MSK);
}

static inline void cirrus_write_seq(struct shadow_device *sdev, u8 index, u8 value)
{
	cirrus_write_indexed(sdev, VGA_SEQ_I, index, value);
}

static inline void cirrus_write_gfx(struct shadow_device *sdev, u8 index, u8 value)
{
	cirrus_write_indexed(sdev, VGA_GFX_I, index, value);
}

static inline void cirrus_write_crt(struct shadow_device *sdev, u8 index, u8 value)
{
	cirrus_write_indexed(sdev, VGA_CRT_IC, index, value);
}

/* Let each byte of VRAM be the same in BAR 0: without this, accesses could be emulated. */
static inline void cirrus_set_linear(struct shadow_device *sdev)
{
	cirrus_write_gfx(sdev, CIRRUS_GRB, 0);
	cirrus_write_seq(sdev, CIRRUS_SR17, 0);
}

#endif
