// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of a device: probe, suspend, resume, remove, shutdown.
 */

#include <linux/aperture.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include <drm/drm_atomic_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_gem.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_managed.h>
#include <drm/drm_modeset_helper.h>

#include "core.h"

/* No adapter has less, so less means that something else is there. */
#define SHADOW_MIN_VRAM		SZ_1M

/*
 * More is of no use: it takes a framebuffer of 8192x8192 to fill that. Where addresses have
 * 32 bits, the kernel has 128 MiB of them for all that it maps; 3840x2160 still fits.
 */
#define SHADOW_MAX_VRAM		(BITS_PER_LONG == 32 ? SZ_32M : SZ_256M)

/*
 * On x86 never uncached: AMD's KVM always honors the guest's memory types, Intel's now and then,
 * and uncached is slow there. POWER's hypervisor refuses to map a BAR cached. Elsewhere cached:
 * KVM on arm64 makes everything cached if the processor has FEAT_S2FWB. If not, it leaves uncached
 * what the guest maps uncached or write-combined, and other processors may do the same. QEMU has
 * VRAM cached, and would show what its caches last held.
 */
#define SHADOW_VRAM_TYPE \
	(IS_ENABLED(CONFIG_X86) || IS_ENABLED(CONFIG_PPC) ? MEMREMAP_WC : MEMREMAP_WB)

DEFINE_DRM_GEM_FOPS(shadow_fops);

static const struct drm_driver shadow_driver = {
	.driver_features = DRIVER_GEM | DRIVER_MODESET | DRIVER_ATOMIC,
	.fops = &shadow_fops,
	.name = "vgakms",
	.desc = "QEMU's legacy display adapters",
	.major = 1,
	.minor = 0,
	DRM_GEM_SHMEM_DRIVER_OPS,
	DRM_FBDEV_SHMEM_DRIVER_OPS,
};

/*
 * Called after the eviction: as long as vesafb has VRAM mapped uncached, another mapping is
 * uncached as well. Nothing but a lack of memory can make this fail.
 */
static int shadow_map_vram(struct shadow_device *sdev, struct pci_dev *pdev)
{
	resource_size_t start = pci_resource_start(pdev, sdev->info->vram_bar);

	sdev->vram = devm_memremap(&pdev->dev, start, sdev->vram_size, SHADOW_VRAM_TYPE);

	return IS_ERR(sdev->vram) ? -ENOMEM : 0;
}

/* Log what was found, and the largest common mode for which its VRAM suffices. */
static void shadow_announce(struct shadow_device *sdev)
{
	static const struct { u32 width, height; } sizes[] = {
		{ 7680, 4320 }, { 5120, 2880 }, { 5120, 2160 }, { 4096, 2160 }, { 3840, 2160 },
		{ 2560, 2048 }, { 2560, 1600 }, { 2560, 1440 }, { 1920, 1440 }, { 1920, 1200 },
		{ 1920, 1080 }, { 1600, 1200 }, { 1280, 1024 }, { 1280, 800 }, { 1024, 768 },
		{ 800, 600 }, { 640, 480 },
	};
	struct shadow_layout layout = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		if (shadow_layout_fit(&sdev->info->limits, sdev->vram_size,
				      sizes[i].width, sizes[i].height, &layout))
			break;

	drm_info(&sdev->drm, "%s, %u MiB VRAM, registers in %s, up to %ux%u at %u bpp\n",
		 sdev->info->name, sdev->vram_size / SZ_1M, sdev->regs ? "MMIO" : "I/O ports",
		 layout.width, layout.height, layout.cpp * 8);
}

/* Refuse here whatever can be refused: nothing that the adapter shows has changed yet. */
static int shadow_init(struct shadow_device *sdev, struct pci_dev *pdev)
{
	int ret = pcim_enable_device(pdev);

	if (ret)
		return ret;

	ret = sdev->ops->detect(sdev);
	if (ret)
		return ret;

	sdev->vram_size = min3((u64)sdev->vram_size, (u64)SHADOW_MAX_VRAM,
			       (u64)pci_resource_len(pdev, sdev->info->vram_bar));
	if (sdev->vram_size < SHADOW_MIN_VRAM) {
		drm_err(&sdev->drm, "%u KiB of VRAM are too little\n", sdev->vram_size / SZ_1K);
		return -ENODEV;
	}

	sdev->firmware = drmm_kzalloc(&sdev->drm, sdev->ops->state_size, GFP_KERNEL);
	if (!sdev->firmware)
		return -ENOMEM;

	return shadow_pipe_init(sdev);
}

/*
 * Neither has to succeed. Firmware's framebuffer keeps its claim as long as a process has
 * its device open. The adapters do no DMA, but kernels before 6.18 map imported buffers as
 * if they did, and copy those above 4 GiB unless the mask says that they need not.
 */
static void shadow_claim(struct shadow_device *sdev, struct pci_dev *pdev)
{
	if (pcim_request_all_regions(pdev, shadow_driver.name))
		drm_warn(&sdev->drm, "others claim its memory; a process that has firmware's framebuffer open may draw there\n");
	if (dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64)))
		drm_warn(&sdev->drm, "imported buffers may be slow\n");
}

/* There is no way back from here: firmware's framebuffer is gone for good. */
static int shadow_take_over(struct shadow_device *sdev, struct pci_dev *pdev)
{
	int ret;

	sdev->ops->peek(sdev);

	ret = aperture_remove_conflicting_pci_devices(pdev, shadow_driver.name);
	if (ret)
		return ret;

	shadow_claim(sdev, pdev);
	ret = shadow_map_vram(sdev, pdev);
	if (ret)
		return ret;

	sdev->ops->save(sdev, sdev->firmware);

	return 0;
}

/**
 * shadow_probe - make a DRM device of a PCI device
 * @pdev: the PCI device
 * @ops: the adapter family's functions
 * @info: what is known of the adapter before its registers are asked
 *
 * Context: Process context, may sleep.
 * Return: 0, or a negative error number, after a line in the log unless it is %-ENOMEM.
 */
int shadow_probe(struct pci_dev *pdev, const struct shadow_ops *ops,
		 const struct shadow_info *info)
{
	struct shadow_device *sdev;
	int ret;

	if (!shadow_has_bar(pdev, info->vram_bar, IORESOURCE_MEM, SHADOW_MIN_VRAM)) {
		dev_err(&pdev->dev, "no VRAM in BAR %u\n", info->vram_bar);
		return -ENODEV;
	}

	sdev = devm_drm_dev_alloc(&pdev->dev, &shadow_driver, struct shadow_device, drm);
	if (IS_ERR(sdev))
		return PTR_ERR(sdev);

	sdev->ops = ops;
	sdev->info = info;
	pci_set_drvdata(pdev, sdev);

	ret = shadow_init(sdev, pdev) ?: shadow_take_over(sdev, pdev);
	if (ret)
		return ret;

	shadow_debugfs_init(sdev);
	ret = drm_dev_register(&sdev->drm, 0);
	if (ret)
		return ret;

	shadow_announce(sdev);
	shadow_handover_leave_ports(sdev);
	drm_client_setup(&sdev->drm, NULL);

	return 0;
}

/**
 * shadow_remove - take the DRM device away, in use or not
 * @pdev: the PCI device; it may be gone already
 *
 * It may have been shut down before; then there is nothing left to do.
 *
 * Context: Process context, may sleep. Once drm_dev_unplug() returns, nothing
 * else touches the device any more, although clients may still hold it open.
 */
void shadow_remove(struct pci_dev *pdev)
{
	struct shadow_device *sdev = pci_get_drvdata(pdev);

	if (drm_dev_is_unplugged(&sdev->drm))
		return;

	drm_dev_unplug(&sdev->drm);
	drm_atomic_helper_shutdown(&sdev->drm);
	shadow_handover_out(sdev);
}

/**
 * shadow_shutdown - stop the display before the system does
 * @pdev: the PCI device
 *
 * If another kernel or firmware comes next, it finds the screen as firmware left
 * it, and none of the clients that are still alive can draw on it.
 *
 * Context: Process context, may sleep.
 */
void shadow_shutdown(struct pci_dev *pdev)
{
	struct shadow_device *sdev = pci_get_drvdata(pdev);

	if (system_state == SYSTEM_RESTART)
		shadow_remove(pdev);
	else
		drm_atomic_helper_shutdown(&sdev->drm);
}

/* The helpers keep a copy of all states, for the resume, and switch the screen off. */
static int shadow_suspend(struct device *dev)
{
	struct shadow_device *sdev = dev_get_drvdata(dev);

	return drm_mode_config_helper_suspend(&sdev->drm);
}

/*
 * S3 resets some adapters, and SeaBIOS runs its VGA BIOS again, so no register can be
 * trusted. The reset also makes the screen black, which matters if it was off before.
 */
static int shadow_resume(struct device *dev)
{
	struct shadow_device *sdev = dev_get_drvdata(dev);
	int idx;

	if (drm_dev_enter(&sdev->drm, &idx)) {
		shadow_pipe_reset(sdev);
		drm_dev_exit(idx);
	}

	return drm_mode_config_helper_resume(&sdev->drm);
}

DEFINE_SIMPLE_DEV_PM_OPS(shadow_pm_ops, shadow_suspend, shadow_resume);
