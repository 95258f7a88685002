# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest writes to an adapter, counted by a plugin in QEMU: see tests/plugin/writes.c.

    vm = VM("newest", devices=["VGA"], **Writes.OPTIONS)
    writes = Writes(vm, "VGA")
    with writes.count() as counted:
        kms.dirty(1)
    assert counted.pages == 768

It is the same for all drivers, since the guest's instructions are what is counted. Not among them
are accesses to ports, for which there is VM.accesses(), and what QEMU itself does to VRAM.

Counting is of all that runs in the guest. A console on the screen would be counted along, so be
sure that a client holds the screen.
"""

import contextlib
import re
import socket

import numpy

from vm import PLATFORM, TOP, GuestError

PLUGIN = str(TOP / "build" / "plugin" / "writes.so")


class Counted:
    """What was counted, once that is over.

    stores and loads are of VRAM, and pages those of its pages of 4 KiB that had stores, of so many
    bytes together. io_reads and io_writes are accesses to the registers in the adapter's memory,
    one for each that the guest makes, of whatever size. insns are the guest's instructions.
    """

    stores = bytes = pages = loads = io_reads = io_writes = insns = None

    def __repr__(self):
        return f"Counted({', '.join(f'{name}={value}' for name, value in vars(self).items())})"


class Writes:
    """What happens to one adapter of a machine that was started with Writes.OPTIONS, or KERNEL_OPTIONS."""

    # A plugin sees what TCG translates, and no other accelerator translates anything.
    OPTIONS = {"extra": ("-plugin", PLUGIN), "accel": "tcg"}
    # Only the kernel is watched: programs are quick, but what they write to VRAM themselves is not seen.
    KERNEL_OPTIONS = {"extra": ("-plugin", f"{PLUGIN},programs=off"), "accel": "tcg"}

    def __init__(self, vm, device):
        """device is the argument of QEMU's -device.

        The guest must have booted: where an adapter's memory is, its firmware decides.
        """
        self.plugin = f"\0vgakms-writes-{vm.process.pid}"
        slot, bars = find_device(vm, device.partition(",")[0])
        self.bar = bar = bars[0].start
        vram, size = find_vram(vm, slot, bar)
        # cirrus-vga has its registers in BAR 1, the others in BAR 2, if any. BAR 6 is a ROM.
        registers = bars.get(1) or bars.get(2) or range(0)
        self.window = f"{vram:x} {bar:x} {size:x} {registers.start:x} {len(registers):x}"

    @contextlib.contextmanager
    def count(self):
        """Yield a Counted that is complete after the with block. A machine can do one at a time."""
        counted = Counted()
        self._ask(f"start {self.window}")
        try:
            yield counted
        finally:
            answer = self._ask("stop")
        for word in answer.split():
            name, value = word.split("=")
            setattr(counted, name, int(value))

    def blocks(self):
        """Return how many bytes were written to each block of 256 bytes of VRAM, since the latest start."""
        return numpy.array([int(number, 16) for number in self._ask("blocks").split()])

    def _ask(self, line):
        with socket.socket(socket.AF_UNIX) as plugin:
            plugin.settimeout(30)
            plugin.connect(self.plugin)
            plugin.sendall(f"{line}\n".encode())
            answer = plugin.makefile().readline().strip()
        if answer in ("", "error"):
            raise GuestError(f"the plugin answers {answer!r} to: {line}")
        return answer


def find_device(vm, name):
    """Return the PCI address of the only such device, and a range for each BAR in memory."""
    tree = vm.hmp("info qtree").replace("\r", "")
    devices = [block for block in re.split(r"^ *dev: ", tree, flags=re.M)
               if block.startswith(f"{name},")]
    if len(devices) != 1:
        raise GuestError(f"not one {name}, but {len(devices)}")
    slot = re.search(r"class .*, addr ([0-9a-f:.]+),", devices[0])[1]
    bars = re.findall(r"bar (\d): mem at 0x(\w+) \[0x(\w+)\]", devices[0])
    bus = PLATFORM.pci_memory
    return slot, {int(bar): range(bus + int(first, 16), bus + int(last, 16) + 1) for bar, first, last in bars}


def find_vram(vm, slot, bar):
    """Return where the plugin sees the VRAM of the device in that slot, and its size.

    An address that QEMU 7.2 gives a plugin for RAM is no physical one, as it is later. It is the
    block's place among all of QEMU's blocks of RAM, plus the offset in it, plus the place of the memory
    region in what contains it. For most adapters the region is BAR 0 and that is where it is on the
    PCI bus; but in BAR 0 of cirrus-vga, it is the first of several.
    """
    blocks = vm.hmp("info ramblock").replace("\r", "")
    block = re.search(rf"^ *(?:0000:{slot}|pci@\w+:{slot[3:]})/\S*vram +\d+ KiB +0x(\w+) +0x\w+ +0x(\w+)", blocks, re.M)
    tree = vm.hmp("info mtree").replace("\r", "")
    place = bar - PLATFORM.pci_memory
    kind = re.search(rf"^ *0*{place:x}-\w+ \(prio \d+, ([\w/]+)\): (?!alias)", tree, re.M)
    if not block or not kind:
        raise GuestError(f"no VRAM of {slot}:\n{blocks}\n{tree}")
    offset, size = (int(number, 16) for number in block.groups())
    if vm.qmp("query-version")["qemu"]["major"] >= 9:
        return bar, size
    return offset + (place if kind[1] == "ram" else 0), size
