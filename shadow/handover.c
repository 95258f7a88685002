// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From firmware, and back to firmware.
 *
 * What firmware had programmed is remembered at probe and put back when the driver
 * goes: when it is unloaded, at a reboot, and before kexec starts another kernel.
 * That kernel gets a description of firmware's screen, and draws on it.
 */

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vgaarb.h>

#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "core.h"

/* The arbiter asks this when other devices want the legacy ports: we never do. */
static unsigned int shadow_handover_set_decode(struct pci_dev *pdev, bool legacy)
{
	return VGA_RSRC_NONE;
}

static void shadow_handover_free(struct drm_device *drm, void *memory)
{
	kvfree(memory);
}

/**
 * shadow_handover_alloc - get memory to save something in
 * @sdev: the device, which frees it in the end
 * @size: how much, in bytes
 *
 * Context: Probe.
 * Return: The memory, or NULL after a line in the log.
 */
void *shadow_handover_alloc(struct shadow_device *sdev, size_t size)
{
	void *memory = kvzalloc(size, GFP_KERNEL);

	if (memory && !drmm_add_action_or_reset(&sdev->drm, shadow_handover_free, memory))
		return memory;

	drm_warn(&sdev->drm, "no memory to save the screen: it will not be restored\n");
	return NULL;
}

/**
 * shadow_handover_leave_ports - leave VGA's legacy ports to other devices
 * @sdev: a device that works
 *
 * The VGA arbiter decides which device has these ports. An adapter whose registers are
 * in a BAR does not need them, and another one may: a passed-through GPU, say.
 *
 * Context: At the end of probe, when nothing can fail any more.
 */
void shadow_handover_leave_ports(struct shadow_device *sdev)
{
	struct pci_dev *pdev = to_pci_dev(sdev->drm.dev);

	/* fails for what is no VGA */
	if (sdev->regs && !vga_client_register(pdev, shadow_handover_set_decode))
		vga_set_legacy_decoding(pdev, VGA_RSRC_NONE);
}

/**
 * shadow_handover_out - put back what firmware had programmed
 * @sdev: the device; no client can reach it any more
 *
 * Context: Remove or shutdown.
 */
void shadow_handover_out(struct shadow_device *sdev)
{
	struct pci_dev *pdev = to_pci_dev(sdev->drm.dev);

	if (sdev->regs) {
		vga_set_legacy_decoding(pdev, VGA_RSRC_LEGACY_IO | VGA_RSRC_LEGACY_MEM);
		vga_client_unregister(pdev);
	}

	/* no mode set and no sleep, so firmware's picture is still there; or the device is gone */
	if ((!sdev->reset_done && !sdev->frame) || !pci_device_is_present(pdev))
		return;

	/* clients' pixels must not be seen in firmware's mode */
	shadow_make_black(sdev, sdev->shown_size);
	sdev->ops->restore(sdev, sdev->firmware);
}
