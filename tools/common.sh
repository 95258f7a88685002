# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# What the shell scripts of this folder share.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
cache=${VGAKMS_CACHE:-${XDG_CACHE_HOME:-$home/.cache}/vgakms}
# The guest's processor: Debian's name, the flavour of its kernels, the compiler's name, and that in Linux' sources.
# Debian 13 does not have all of them, and no ppc64: see tools/bigendian. s390x has no display: it is only compiled for.
arch=${VGAKMS_ARCH:-amd64} suite=${VGAKMS_SUITE:-trixie}
# Debian stable's own kernel, and the newest that its backports have: see tools/guest
all_kernels=(stable newest)
case $arch in
amd64) flavour=amd64 triplet=x86_64-linux-gnu linux_arch=x86 ;;
arm64) flavour=arm64 triplet=aarch64-linux-gnu linux_arch=arm64 ;;
armhf) flavour=armmp-lpae triplet=arm-linux-gnueabihf linux_arch=arm ;;
loong64) flavour=loong64 triplet=loongarch64-linux-gnu linux_arch=loongarch suite=${VGAKMS_SUITE:-sid} ;;
ppc64) flavour='' triplet=powerpc64-linux-gnu linux_arch=powerpc all_kernels=(newest) ;;
ppc64el) flavour=powerpc64le triplet=powerpc64le-linux-gnu linux_arch=powerpc ;;
riscv64) flavour=riscv64 triplet=riscv64-linux-gnu linux_arch=riscv ;;
s390x) flavour=s390x triplet=s390x-linux-gnu linux_arch=s390 ;;
*) echo "what is $arch? A guest's processor is amd64, arm64, armhf, loong64, ppc64, ppc64el, riscv64 or s390x" >&2
   exit 1 ;;
esac

# debian FOLDER OPTION...: a Debian in that folder, by options of mmdebstrap. If it is for several processors it has no
# updates, since these come to one first, and libraries for two have to be of the same version.
debian() {
	local source=(${VGAKMS_MIRROR:+"$VGAKMS_MIRROR"}) options=()
	if [[ "$*" == *--architectures* ]]; then source=("deb ${VGAKMS_MIRROR:-http://deb.debian.org/debian} $suite main"); fi
	# A mirror of sid may lag behind, which does not matter for a look at it.
	if [[ $suite != trixie ]]; then options=(--aptopt='Acquire::Check-Valid-Until "false"'); fi
	as_root mmdebstrap --mode=root "${@:2}" "${options[@]}" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		"$suite" "$1" "${source[@]}" >&2 </dev/null
	as_root chmod 755 "$1"
}

# Progress goes to stderr: stdout is for results that another script reads.
say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }

as_root() {
	if [[ $EUID == 0 ]]; then "$@"; else sudo "$@"; fi
}
