// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin that makes QEMU believe that the host has OpenGL, so that it offers 3D to a guest
 * (virtio-vga-gl) on a host without. It will not work if the guest makes use of it.
 */

#include "qemu-plugin.h"

/* QEMU's, since a plugin is linked with it: set by displays that have OpenGL */
extern int display_opengl;

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	(void)id;
	(void)info;
	(void)argc;
	(void)argv;
	display_opengl = 1;
	return 0;
}
