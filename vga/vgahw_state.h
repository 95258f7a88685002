/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware had set a VGA up for, to be put back when the driver goes.
 */
#ifndef VGAHW_STATE_H
#define VGAHW_STATE_H

#include <linux/sizes.h>

#include "vgahw.h"

#define VGAHW_MAX_REGISTERS		64
#define VGAHW_PALETTE_SIZE		(256 * 3)
#define VGAHW_TEXT_SIZE			SZ_256K

/**
 * struct vgahw_range - registers behind an index port
 * @port: the index port; the data port follows it
 * @first: index of the first register
 * @count: how many there are; 0 ends a table
 */
struct vgahw_range {
	u16 port;
	u8 first, count;
};

/**
 * struct vgahw_text - what makes a text mode's screen, beside registers
 * @palette: red, green and blue of each color
 * @memory: characters, attributes and fonts
 */
struct vgahw_text {
	u8 palette[VGAHW_PALETTE_SIZE];
	u8 memory[VGAHW_TEXT_SIZE];
};

/**
 * struct vgahw_state - a VGA's registers, and its screen in text mode
 * @misc: miscellaneous output register
 * @att_index: attribute controller's index, which has the bit that shows the picture
 * @attributes: attribute controller
 * @registers: sequencer, graphics and CRT controller, and those that are in an
 *	adapter beside them, in this order
 * @text: the screen, or NULL if there was no text on it
 */
struct vgahw_state {
	u8 misc, att_index;
	u8 attributes[VGA_ATT_C];
	u8 registers[VGAHW_MAX_REGISTERS];
	struct vgahw_text *text;
};

void vgahw_peek(struct shadow_device *sdev);
void vgahw_save(struct shadow_device *sdev, struct vgahw_state *state,
		const struct vgahw_range *extension);
void vgahw_save_text(struct shadow_device *sdev, struct vgahw_state *state);
void vgahw_restore_text(struct shadow_device *sdev, const struct vgahw_state *state);
void vgahw_restore(struct shadow_device *sdev, const struct vgahw_state *state,
		   const struct vgahw_range *extension);
void vgahw_restore_shown(struct shadow_device *sdev, const struct vgahw_state *state);

#endif
