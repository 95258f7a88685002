/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying to VRAM, and clearing it, without looking at what is there.
 *
 * Nothing is as fast on an x86 processor as its string instructions, whatever their unit is.  But
 * the kernel's memcpy() and memset() are loops on many processors, and on the newest ones they
 * are string instructions that count bytes.  QEMU carries these out byte by byte where it emulates
 * such a processor (-cpu max).  So choose those that count words if the processor says that
 * strings are fast.  memcpy_toio() is such a copy.  It is used for nothing else: VRAM is
 * memory, and needs no special access.  QEMU's default processor does not say so, and is faster
 * at loops.
 */
#ifndef SHADOW_VRAM_H
#define SHADOW_VRAM_H

#include <linux/string.h>
#include <linux/types.h>

#ifdef CONFIG_X86
#include <linux/cc_platform.h>
#include <linux/io.h>

#include <asm/cpufeature.h>

/* In some confidential guests memcpy_toio() has no string instructions, and counts bytes itself. */
static inline void shadow_vram_copy(void *vram, const void *src, size_t size)
{
	if (cpu_feature_enabled(X86_FEATURE_ERMS) &&
	    !cc_platform_has(CC_ATTR_GUEST_UNROLL_STRING_IO))
		memcpy_toio((void __iomem __force *)vram, src, size);
	else
		memcpy(vram, src, size);
}

/* Both are at multiples of 8. */
static inline void shadow_vram_clear(void *vram, size_t size)
{
	if (cpu_feature_enabled(X86_FEATURE_ERMS))
		memset64(vram, 0, size / sizeof(u64));
	else
		memset(vram, 0, size);
}
#else
static inline void shadow_vram_copy(void *vram, const void *src, size_t size)
{
	memcpy(vram, src, size);
}

static inline void shadow_vram_clear(void *vram, size_t size)
{
	memset(vram, 0, size);
}
#endif

#endif
