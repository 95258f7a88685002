/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's memcpy() and memset(), as processors get them that are fast at short strings
 * (FSRM: since Ice Lake, Zen 3): string instructions.  What has a constant size the compiler
 * does itself.
 */
#ifndef NATIVE_LINUX_STRING_H
#define NATIVE_LINUX_STRING_H

#include <stddef.h>

int memcmp(const void *a, const void *b, size_t size);

static inline void string_copy(void *to, const void *from, size_t size)
{
	__asm__ volatile("rep movsb" : "+D" (to), "+S" (from), "+c" (size) : : "memory");
}

static inline void string_set(void *to, int byte, size_t size)
{
	__asm__ volatile("rep stosb" : "+D" (to), "+c" (size) : "a" (byte) : "memory");
}

#define memcpy(to, from, size)								\
	(__builtin_constant_p(size) ? (void)__builtin_memcpy(to, from, size) : string_copy(to, from, size))
#define memset(to, byte, size)								\
	(__builtin_constant_p(size) ? (void)__builtin_memset(to, byte, size) : string_set(to, byte, size))

#endif
