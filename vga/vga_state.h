/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware had set a VGA up for, to be put back when the driver goes.
 */
#ifndef VGA_STATE_H
#define VGA_STATE_H

#include <linux/sizes.h>

#include "vga.h"

#define VGA_MAX_REGISTERS		64
#define VGA_PALETTE_SIZE		(256 * 3)
#define VGA_TEXT_SIZE			SZ_256K

/**
 * struct vga_range - registers behind an index port
 * @port: the index port; the data port follows it
 * @first: index of the first register
 * @count: how many there are; 0 ends a table
 */
struct vga_range {
	u16 port;
	u8 first, count;
};

/**
 * struct vga_state - a VGA's registers, palette, and memory in text mode
 * @extension: registers that are in an adapter beside those of VGA, or NULL
 * @misc: miscellaneous output register
 * @att_index: attribute controller's index, which has the bit that shows the picture
 * @registers: sequencer, graphics and CRT controller and @extension, in this order
 * @attributes: attribute controller
 * @palette: red, green and blue of each color
 * @has_text: whether @text holds something
 * @text: characters, attributes and fonts
 */
struct vga_state {
	const struct vga_range *extension;
	u8 misc, att_index;
	u8 registers[VGA_MAX_REGISTERS];
	u8 attributes[VGA_ATT_C];
	u8 palette[VGA_PALETTE_SIZE];
	bool has_text;
	u8 text[VGA_TEXT_SIZE];
};

void vga_save(struct shadow_device *sdev, struct vga_state *state);
void vga_restore(struct shadow_device *sdev, const struct vga_state *state);
void vga_restore_shown(struct shadow_device *sdev, const struct vga_state *state);

#endif
