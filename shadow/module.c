// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One module, three PCI drivers: two adapter families, and the fallback.  This is the
 * only place that knows them all.
 *
 * Each has its own table of ids, and a name for "driver_override".  So the fallback's
 * ids need not be announced: it gets a device only where an administrator names it.
 */

#include <linux/module.h>

#include <drm/drm_drv.h>

#include "../bochs/bochs.h"
#include "../cirrus/cirrus.h"

static struct pci_driver *const shadow_pci_drivers[] = {
	&bochs_pci_driver,
	&cirrus_pci_driver,
	&fallback_pci_driver,
};

static void shadow_unregister(unsigned int count)
{
	while (count--)
		pci_unregister_driver(shadow_pci_drivers[count]);
}

static int __init shadow_module_init(void)
{
	unsigned int i;
	int ret;

	/* nomodeset on the kernel command line: leave the screen to firmware */
	if (drm_firmware_drivers_only())
		return -ENODEV;

	for (i = 0; i < ARRAY_SIZE(shadow_pci_drivers); i++) {
		ret = pci_register_driver(shadow_pci_drivers[i]);
		if (ret) {
			shadow_unregister(i);
			return ret;
		}
	}

	return 0;
}
module_init(shadow_module_init);

static void __exit shadow_module_exit(void)
{
	shadow_unregister(ARRAY_SIZE(shadow_pci_drivers));
}
module_exit(shadow_module_exit);

MODULE_DESCRIPTION("KMS driver for QEMU's legacy display adapters");
MODULE_AUTHOR("The vgakms developers");
MODULE_VERSION(VGAKMS_VERSION);
MODULE_LICENSE("GPL");
