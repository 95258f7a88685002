#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A dracut module: vgakms has the screen from early boot on. A kernel without it gets its image as before.

check() {
	# A kernel that lacks vgakms is no error.
	# shellcheck disable=SC2154  # dracut sets it
	modinfo -k "$kernel" vgakms &>/dev/null
}

installkernel() {
	# also where the image is made for another machine's adapter, or for any
	hostonly='' instmods vgakms
}

install() {
	# the order of loading, and what an administrator has put in its place
	inst_multiple -o /usr/lib/modprobe.d/vgakms.conf /etc/modprobe.d/vgakms.conf
}
