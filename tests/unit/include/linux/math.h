/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For powers of two, as in the kernel */
#ifndef UNIT_LINUX_MATH_H
#define UNIT_LINUX_MATH_H

#define round_down(x, step)	((x) & ~((step) - 1))
#define round_up(x, step)	round_down((x) + (step) - 1, step)

#endif
