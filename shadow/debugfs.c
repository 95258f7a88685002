// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /sys/kernel/debug/dri/N/vgakms: what the driver has done since probe.
 *
 * One line per figure, for people and for scripts.
 */

#include <linux/seq_file.h>

#include <drm/drm_debugfs.h>

#include "core.h"

static int shadow_debugfs_show(struct seq_file *m, void *unused)
{
	struct drm_debugfs_entry *entry = m->private;
	struct shadow_device *sdev = to_shadow_device(entry->dev);
	struct shadow_layout scanout = sdev->scanout;
	struct shadow_stats stats = sdev->stats;

	/* the commit tail may change them meanwhile: the figures may be of different moments */
	seq_printf(m, "scanout: %ux%u, %u bpp, pitch %u bytes\n",
		   scanout.width, scanout.height, scanout.cpp * 8, scanout.pitch);
	seq_printf(m, "uploads: %llu\n", stats.uploads);
	seq_printf(m, "flushes: %llu\n", stats.flushes);
	seq_printf(m, "compared: %llu\n", stats.compared);
	seq_printf(m, "skipped: %llu\n", stats.skipped);
	seq_printf(m, "held: %llu\n", stats.held);
	seq_printf(m, "written: %llu\n", stats.written);

	return 0;
}

/**
 * shadow_debugfs_init - create the file
 * @sdev: the device, not registered yet
 *
 * Context: Probe. Nothing depends on its success.
 */
void shadow_debugfs_init(struct shadow_device *sdev)
{
	drm_debugfs_add_file(&sdev->drm, "vgakms", shadow_debugfs_show, NULL);
}
