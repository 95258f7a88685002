/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_LINUX_MINMAX_H
#define UNIT_LINUX_MINMAX_H

#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define swap(a, b)		do { __typeof__(a) old = (a); (a) = (b); (b) = old; } while (0)
#define clamp(x, low, high)	((x) < (low) ? (low) : (x) > (high) ? (high) : (x))

#endif
