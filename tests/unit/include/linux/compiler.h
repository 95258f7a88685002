/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#ifndef __aligned
#define __aligned(size) __attribute__((__aligned__(size)))
#endif
