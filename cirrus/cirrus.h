/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is for "-vga cirrus".
 */
#ifndef CIRRUS_CIRRUS_H
#define CIRRUS_CIRRUS_H

#include <linux/pci.h>

extern struct pci_driver cirrus_pci_driver;

#endif
