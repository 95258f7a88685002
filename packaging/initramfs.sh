# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# To be sourced. Distributions make an initramfs with different tools, and no tool's failure leaves a kernel without
# the one that it has.

# remake_initramfs [KERNEL]: make the initramfs of this kernel anew, or those of all kernels that have one
remake_initramfs() {
	if command -v update-initramfs >/dev/null; then
		update-initramfs -u -k "${1:-all}"
	elif command -v dracut >/dev/null; then
		for modules in /lib/modules/${1:-*}/modules.dep; do
			kernel=${modules%/modules.dep}
			kernel=${kernel##*/}
			# What a kernel has left behind that was removed needs none.
			if [ -e "/boot/vmlinuz-$kernel" ] || [ -e "/lib/modules/$kernel/vmlinuz" ]; then
				dracut --quiet --force --kver "$kernel" || return
			fi
		done
	elif command -v mkinitcpio >/dev/null; then
		mkinitcpio -P
	fi
}
