/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NATIVE_BASELINE_H
#define NATIVE_BASELINE_H

#include <linux/types.h>

void baseline_line(void *vram, const u32 *client, u32 width, u32 cpp);

#endif
