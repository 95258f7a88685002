# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest's kernel has lost."""

import os

# How often tests do what must work over and over; "make torture" sets more.
CYCLES = int(os.environ.get("VGAKMS_CYCLES", 20))
# Only after these cycles memory is looked at: what is done for the first time takes some for good.
FIRST = 3
# KiB that may be lost: a page in each further cycle, and what Linux is slow to free: a console's buffer, or
# two. A frame of 800x600 has 1875 KiB.
PER_CYCLE = 4
NOISE = 8192

# Compaction gives back what each processor keeps for itself, which would not count.
FREE = "sync; cd /proc/sys/vm; echo 3 >drop_caches; echo 1 >compact_memory; sed -n 's/^MemFree: *//p' /proc/meminfo"
# kmemleak does not tell of objects that are younger than five seconds. One that is found twice was not
# just being moved.
LEAKS = "cd /sys/kernel/debug; echo scan >kmemleak; sleep 6; echo scan >kmemleak; cat kmemleak"


def free_kib(vm):
    """Memory that is free, or could be at once."""
    return int(vm.sh(FREE).split()[0])


def check_leaks(vm):
    """Ask a kernel with kmemleak for memory that nobody knows any more."""
    assert vm.sh(LEAKS, timeout=120) == ""


def cycles(vm, count):
    """Count from 1, and see at the end that no memory was lost on the way."""
    assert count > FIRST, "VGAKMS_CYCLES is too small"
    # 6.12 has up to 14 MiB more or less, however many cycles it were
    measured = vm.kernel not in ("stable", "debug")
    for cycle in range(1, count + 1):
        yield cycle
        if measured and cycle == FIRST:
            before = free_kib(vm)
    if vm.kernel == "debug":
        check_leaks(vm)
    if measured:
        lost = before - free_kib(vm)
        print(f"{count} cycles: {lost} KiB less are free")
        assert lost < PER_CYCLE * (count - FIRST) + NOISE
