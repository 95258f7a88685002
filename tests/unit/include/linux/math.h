/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_LINUX_MATH_H
#define UNIT_LINUX_MATH_H

/* For powers of two, as in the kernel */
#define round_down(x, step)	((x) & ~((step) - 1))
#define round_up(x, step)	round_down((x) + (step) - 1, step)
/* For any number */
#define roundup(x, y)		(((x) + (y) - 1) / (y) * (y))

#endif
