# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# What the shell scripts of this folder share.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
cache=${VGAKMS_CACHE:-${XDG_CACHE_HOME:-$home/.cache}/vgakms}
# Debian stable's own kernel, and the newest that its backports have: see tools/guest
all_kernels=(stable newest)

# Progress goes to stderr: stdout is for results that another script reads.
say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }

as_root() {
	if [[ $EUID == 0 ]]; then "$@"; else sudo "$@"; fi
}
