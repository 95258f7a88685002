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
 * struct vga_text - what makes a text mode's screen, beside registers
 * @palette: red, green and blue of each color
 * @memory: characters, attributes and fonts
 */
struct vga_text {
	u8 palette[VGA_PALETTE_SIZE];
	u8 memory[VGA_TEXT_SIZE];
};

/**
 * struct vga_state - a VGA's registers, and its screen in text mode
 * @misc: miscellaneous output register
 * @att_index: attribute controller's index, which has the bit that shows the picture
 * @attributes: attribute controller
 * @registers: sequencer, graphics and CRT controller, and those that are in an
 *	adapter beside them, in this order
 * @text: the screen, or NULL if there was no text on it
 */
struct vga_state {
	u8 misc, att_index;
	u8 attributes[VGA_ATT_C];
	u8 registers[VGA_MAX_REGISTERS];
	struct vga_text *text;
};

void vga_peek(struct shadow_device *sdev);
void vga_save(struct shadow_device *sdev, struct vga_state *state,
	      const struct vga_range *extension);
void vga_save_text(struct shadow_device *sdev, struct vga_state *state);
void vga_restore(struct shadow_device *sdev, const struct vga_state *state,
		 const struct vga_range *extension);
void vga_restore_shown(struct shadow_device *sdev, const struct vga_state *state);

#endif
