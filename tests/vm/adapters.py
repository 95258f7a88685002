# SPDX-License-Identifier: GPL-2.0-or-later
"""The adapters, and what each must show of a picture.

Worked out here from what the hardware can do, not asked of the driver.
"""

from typing import NamedTuple

import numpy as np

import pytest

import picture
from vm import ARCH


class Adapter(NamedTuple):
    """One way to start QEMU with an adapter.

    device is the argument of -device, vram in MiB, step what widths are multiples
    of on the screen, depths the scanout depths in bits, best first. mmio tells
    whether it has registers of its own, blanks whether it can hide its picture.
    max_pitch is in bytes; modes of more than max_lines are in two pieces, which
    QEMU converts before it shows them, and have an even number of lines. shares tells
    whether QEMU shows others without converting them.
    """

    name: str
    device: str
    vram: int = 16
    step: int = 8
    depths: tuple = (32, 24, 16)
    mmio: bool = True
    blanks: bool = True
    edid: bool = True
    max_pitch: int = 64000
    max_lines: int = 12000
    shares: bool = True

    def __str__(self):
        return self.device

    def with_vram(self, mib):
        option = f"vgamem={mib}M" if self.name == "bochs-display" else f"vgamem_mb={mib}"
        return self._replace(device=f"{self.device},{option}", vram=mib)

    def with_options(self, options):
        return self._replace(device=f"{self.device},{options}")

    def depth(self, width, height):
        """The scanout depth that a mode gets, or None if it does not fit.

        VRAM is organized in blocks of 8 pixels.
        """
        if height > self.max_lines and height % 2:
            return None
        for bpp in self.depths:
            pitch = -(-width // 8) * bpp
            if pitch <= self.max_pitch and pitch * height <= self.vram << 20:
                return bpp
        return None

    def shows(self, rgb, dither=True):
        """What a screendump must show of the picture: its depth, and black beyond its width."""
        height, width = rgb.shape[:2]
        beyond = -width % self.step
        padded = np.pad(rgb, ((0, 0), (0, beyond), (0, 0)))
        return picture.scanout(padded, self.depth(width, height), self.path(height), dither)

    def programmed_depth(self, accesses):
        """The scanout depth of a mode set, by its accesses to registers in MMIO."""
        writes = [access for access in accesses if access.kind == "w"]
        if self.name == "cirrus-vga":
            # the sequencer's register 7, an index and then data
            values = [data.value & 0x0e for index, data in zip(writes, writes[1:])
                      if (index.offset, index.value, data.offset) == (4, 7, 5)]
            return {0x08: 32, 0x04: 24, 0x06: 16}[values[-1]]
        return [write.value for write in writes if write.offset == 0x506][-1]

    def path(self, height):
        """How QEMU shows a mode of that height; picture.expand565() tells the difference."""
        return "shared" if self.shares and height <= self.max_lines else "converted"


VGA = Adapter("VGA", "VGA")
PORTS = Adapter("VGA by ports", "VGA,mmio=off", mmio=False, edid=False)
SECONDARY = Adapter("secondary-vga", "secondary-vga")
BOCHS_DISPLAY = Adapter("bochs-display", "bochs-display", step=1, depths=(32, 16), blanks=False)

# Without a register for the byte order. On POWER their pixels are big endian, and QEMU shares none of 16 bpp.
CIRRUS = Adapter("cirrus-vga", "cirrus-vga", vram=4, edid=False, max_pitch=4088, max_lines=1024,
                 shares=not ARCH.startswith("ppc64"))
OLD_VGA = VGA.with_options("qemu-extended-regs=off")._replace(shares=CIRRUS.shares)

# Those that vgakms drives only if it is asked to
VIRTIO = Adapter("virtio-vga", "virtio-vga", vram=8, edid=False)
QXL = Adapter("qxl-vga", "qxl-vga", mmio=False, edid=False, shares=False)
VMWARE = Adapter("vmware-svga", "vmware-svga", mmio=False, edid=False)

# The two that differ most: whatever is the same on these is the same on all, but for what a test knows better
PAIR = (VGA, CIRRUS)


def thorough(*values):
    """Parameters of a test that "make test" leaves to "make test-all", since others show nearly the same."""
    return pytest.param(*values, marks=pytest.mark.thorough)


ALL = (VGA, PORTS, SECONDARY, BOCHS_DISPLAY, CIRRUS)

# Arguments of a machine that boots them by UEFI
UEFI = {"machine": "q35", "extra": ("-drive", "if=pflash,format=raw,unit=0,readonly=on,"
                                    "file=/usr/share/OVMF/OVMF_CODE_4M.fd")}
