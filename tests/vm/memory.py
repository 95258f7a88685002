# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest's kernel has lost."""

import os

# How often tests do what must work over and over; "make torture" sets more.
CYCLES = int(os.environ.get("VGAKMS_CYCLES", 20))

FREE = "sync; echo 3 >/proc/sys/vm/drop_caches; sed -n 's/^MemFree: *//p' /proc/meminfo"
# An object that is found twice is not just on its way; the first scan comes too early for the youngest.
LEAKS = "cd /sys/kernel/debug; echo scan >kmemleak; sleep 6; echo scan >kmemleak; cat kmemleak"


def free_kib(vm):
    """Memory that is free, or could be at once."""
    return int(vm.sh(FREE).split()[0])


def check_leaks(vm):
    """Ask a kernel with kmemleak for memory that nobody knows any more."""
    assert vm.sh(LEAKS, timeout=120) == ""


def cycles(vm, count):
    """Count from 1, and see at the end that memory has not run out on the way: a page each at most.

    The first cycles may be dearer, and there is noise; a frame of 800x600 takes 1,875 KiB.
    """
    for cycle in range(1, count + 1):
        yield cycle
        if cycle == 3:
            before = free_kib(vm)
    if vm.kernel == "debug":
        check_leaks(vm)
    else:
        lost = before - free_kib(vm)
        print(f"{count} cycles: {lost} KiB less are free")
        assert lost < 4 * count + 4096
