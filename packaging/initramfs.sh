# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# To be sourced. Distributions make an initramfs with different tools. If a tool fails, the kernel keeps the one that it
# has, and the other kernels get theirs.

# image_of KERNEL: whether the kernel itself is there. What one has left behind that was removed needs no initramfs.
image_of() {
	for image in "/boot/vmlinu"[xz]"-$1" "/boot/kernel-$1" "/boot/Image-$1" \
		"/lib/modules/$1/vmlinu"[xz] "/lib/modules/$1/Image" \
		/efi/*/"$1/linux" /boot/*/"$1/linux" /boot/efi/*/"$1/linux"; do
		if [ -e "$image" ]; then return; fi
	done
	return 1
}

# debian_initramfs KERNEL: a kernel that is booted without one goes on without
debian_initramfs() {
	if [ -e "/boot/initrd.img-$1" ]; then update-initramfs -u -k "$1"; fi
}

# dracut_instead KERNEL FILE: if dracut fails it removes the file that it was to write. So this is another one at first,
# and only when it has its name do boot loaders get a copy.
dracut_instead() {
	if ! { NO_POST_UPDATE_HOOKS=1 dracut --quiet --force "$2.new" "$1" && mv "$2.new" "$2"; }; then return 1; fi
	for hooks in /etc/initramfs/post-update.d /usr/share/initramfs/post-update.d; do
		if [ -d "$hooks" ]; then run-parts --arg="$1" --arg="$2" "$hooks" || return; fi
	done
}

dracut_initramfs() {
	for initramfs in /efi/*/"$1/initrd" /boot/*/"$1/initrd" /boot/efi/*/"$1/initrd" \
		"/boot/initrd.img-$1" "/boot/initramfs-$1.img" "/boot/initrd-$1"; do
		if [ -e "$initramfs" ]; then
			dracut_instead "$1" "$initramfs"
			return
		fi
	done
	dracut --quiet --force --kver "$1" # to where it is on this distribution
}

tell_nothing_made() {
	echo "vgakms: found no initramfs to make anew. If this system boots with one, make it anew yourself."
}

# remake_initramfs [KERNEL]: make the initramfs of this kernel anew, or those of all kernels
remake_initramfs() {
	# Newer packages of dracut have a program of that name, which is as careless as dracut.
	if command -v update-initramfs >/dev/null && ! update-initramfs --version 2>/dev/null | grep -q ^dracut; then
		tool=debian_initramfs
	elif command -v dracut >/dev/null; then
		tool=dracut_initramfs
	elif command -v mkinitcpio >/dev/null; then
		mkinitcpio -P
		return
	else
		tell_nothing_made
		return
	fi
	failed='' found=''
	for modules in /lib/modules/${1:-*}/modules.dep; do
		kernel=${modules%/modules.dep}
		kernel=${kernel##*/}
		if ! image_of "$kernel"; then continue; fi
		found=1
		"$tool" "$kernel" || failed=1
	done
	if [ ! "$found" ]; then tell_nothing_made; fi
	test ! "$failed"
}
