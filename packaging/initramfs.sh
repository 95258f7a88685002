# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# To be sourced. Distributions make an initramfs with different tools. If a tool fails, the kernel keeps the one that it
# has, and the other kernels get theirs.

# image_of KERNEL: whether the kernel itself is there. What one has left behind that was removed needs no initramfs.
image_of() {
	for image in "/boot/vmlinu"[xz]"-$1" "/boot/Image-$1" "/lib/modules/$1/vmlinu"[xz] "/lib/modules/$1/Image"; do
		if [ -e "$image" ]; then return; fi
	done
	return 1
}

# dracut_initramfs KERNEL: if dracut fails it removes the file that it was to write. So this is another one at first.
dracut_initramfs() {
	for initramfs in "/boot/initrd.img-$1" "/boot/initramfs-$1.img"; do
		if [ ! -e "$initramfs" ]; then continue; fi
		dracut --quiet --force "$initramfs.new" "$1" && mv "$initramfs.new" "$initramfs"
		return
	done
	dracut --quiet --force --kver "$1" # to where it is on this distribution
}

# remake_initramfs [KERNEL]: make the initramfs of this kernel anew, or those of all kernels
remake_initramfs() {
	if command -v update-initramfs >/dev/null; then
		update-initramfs -u -k "${1:-all}"
	elif command -v dracut >/dev/null; then
		failed=
		for modules in /lib/modules/${1:-*}/modules.dep; do
			kernel=${modules%/modules.dep}
			kernel=${kernel##*/}
			if image_of "$kernel"; then dracut_initramfs "$kernel" || failed=1; fi
		done
		test ! "$failed"
	elif command -v mkinitcpio >/dev/null; then
		mkinitcpio -P
	else
		echo "there is no tool that makes an initramfs"
	fi
}
