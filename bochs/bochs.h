/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the drivers for adapters with a dispi interface share.
 */
#ifndef BOCHS_BOCHS_H
#define BOCHS_BOCHS_H

#include "limits.h"
#include "shadow.h"

/**
 * struct bochs_info - constant facts about one kind of adapter
 * @base: those that the core needs
 * @has_vga: there is a complete VGA beside the dispi interface
 * @hides_vram: VRAM reads as all ones, and cannot be written, while dispi is disabled
 * @ports_only: the registers are in no BAR, whatever BAR 2 is
 * @io_bar: the BAR of I/O ports that @enter_vga needs, if @ports_only
 * @no_edid: nothing is at the start of BAR 2, and QEMU logs accesses to that
 * @enter_vga: make the adapter a VGA again after its own driver has used it.
 *	Called with the PCI device enabled, by &shadow_ops.save and &shadow_ops.reset.
 *	NULL for an adapter that is nothing but a VGA.
 */
struct bochs_info {
	struct shadow_info base;
	bool has_vga;
	bool hides_vram;
	bool ports_only;
	unsigned int io_bar;
	bool no_edid;
	void (*enter_vga)(struct pci_dev *pdev);
};

static inline const struct bochs_info *to_bochs_info(const struct shadow_info *info)
{
	return container_of(info, struct bochs_info, base);
}

/* The members of a &struct bochs_info that all of those with a VGA have */
#define BOCHS_VGA(name_, vram_bar_) BOCHS_VGA_UP_TO(BOCHS_VGA_LIMITS, name_, vram_bar_)
#define BOCHS_VGA_UP_TO(limits_, name_, vram_bar_) \
	.base = { \
		.name = name_, \
		.vram_bar = vram_bar_, \
		.limits = limits_, \
	}, \
	.has_vga = true

extern struct pci_driver bochs_pci_driver;
extern struct pci_driver fallback_pci_driver;

int bochs_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id);

#endif
