/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware had set a Cirrus up for.
 */
#ifndef CIRRUS_HANDOVER_H
#define CIRRUS_HANDOVER_H

#include "vgahw_state.h"

/**
 * struct cirrus_state - what firmware had set the adapter up for
 * @hidden_dac: the hidden DAC register, which distinguishes 16 bpp from 15
 * @vga: the rest
 */
struct cirrus_state {
	u8 hidden_dac;
	struct vgahw_state vga;
};

void cirrus_save(struct shadow_device *sdev, void *to);
void cirrus_restore(struct shadow_device *sdev, const void *from);

#endif
