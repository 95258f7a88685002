/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Byte order, as the host's compiler knows it. */
#ifndef UNIT_ASM_BYTEORDER_H
#define UNIT_ASM_BYTEORDER_H

#include <byteswap.h>
#include <endian.h>

#define __force
#define cpu_to_le32(value)	htole32(value)
#define cpu_to_le64(value)	htole64(value)
#define swab32s(value)		(*(value) = bswap_32(*(value)))

#endif
