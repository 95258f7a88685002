/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware had set an adapter with a dispi interface up for.
 */
#ifndef BOCHS_HANDOVER_H
#define BOCHS_HANDOVER_H

#include "vgahw_state.h"

#define BOCHS_SAVED_REGISTERS		7

/**
 * struct bochs_state - what firmware had set the adapter up for
 * @dispi: registers, in the order in which they are put back
 * @endian: byte order of pixels
 * @vga: the rest, unless there is no VGA
 */
struct bochs_state {
	u16 dispi[BOCHS_SAVED_REGISTERS];
	u32 endian;
	struct vgahw_state vga;
};

void bochs_note_shown(struct shadow_device *sdev);
void bochs_save(struct shadow_device *sdev, void *to);
void bochs_restore(struct shadow_device *sdev, const void *from);

#endif
