# SPDX-License-Identifier: GPL-2.0-or-later
"""Cirrus' traps: registers that firmware has not set up, or has left in a way of its own.

Each test ends with a mode that needs nearly everything: 16 bpp, interlaced, and in two pieces.
"""

import pytest

from adapters import CIRRUS
from picture import assert_same, pattern

pytestmark = pytest.mark.kernels("newest")  # this is about registers, not about the kernel

WIDTH, HEIGHT = 1920, 1080
SIZES = [CIRRUS, CIRRUS.with_vram(16)]
NO_BIOS = [adapter.with_options("romfile=") for adapter in SIZES]

# Register by register, what no driver of this adapter would choose: (index port, index, value)
SEQ, GFX, CRTC = 0x3c4, 0x3ce, 0x3d4
LEFTOVERS = [
    (SEQ, 0x07, 0x00), (SEQ, 0x12, 0x07), (SEQ, 0x13, 0x3f), (SEQ, 0x17, 0x44),
    (GFX, 0x05, 0x05), (GFX, 0x06, 0x0c), (GFX, 0x0b, 0x16),
    (CRTC, 0x07, 0x00), (CRTC, 0x09, 0x9f), (CRTC, 0x0d, 0x55), (CRTC, 0x17, 0x00),
    (CRTC, 0x18, 0x20), (CRTC, 0x1a, 0x00), (CRTC, 0x1b, 0x0d), (CRTC, 0x1d, 0x80),
    (CRTC, 0x11, 0x80),  # from here on, 0 to 7 are locked
]


def check_picture(vm, kms, adapter, seed=1):
    kms.fb(seed, WIDTH, HEIGHT)
    kms.pattern(seed, seed)
    kms.set(seed, mode=f"{WIDTH}x{HEIGHT}")
    assert_same(vm.screendump(), adapter.shows(pattern(WIDTH, HEIGHT, seed)))


@pytest.mark.parametrize("adapter", NO_BIOS, ids=str)
def test_without_a_bios(boot, client, adapter):
    """As a hardware reset leaves it: VRAM is not mapped, and the hidden DAC miscounts."""
    vm = boot(devices=[adapter.device], fresh=True)
    assert f"{adapter.vram} MiB VRAM" in vm.dmesg()
    check_picture(vm, client(vm), adapter)


@pytest.mark.parametrize("adapter", SIZES, ids=str)
def test_leftovers(boot, client, adapter):
    """Nothing is trusted to be as a BIOS sets it."""
    vm = boot(devices=[adapter.device + ",id=cirrus"], load=False, fresh=True)
    lines = vm.sh(f"cat /sys/bus/pci/devices/{vm.pci_address('cirrus')}/resource").splitlines()
    bar = int(lines[1].split()[0], 16)
    writes = [f"busybox devmem {bar + port - 0x3c0:#x} 16 {value << 8 | index:#x}"
              for port, index, value in LEFTOVERS]
    # last, make the ports from 0x3d0 on those of a monochrome adapter
    writes.append(f"busybox devmem {bar + 0x02:#x} 8 0")
    vm.sh("; ".join(writes))

    vm.load()
    assert f"{adapter.vram} MiB VRAM" in vm.dmesg()
    check_picture(vm, client(vm), adapter)


@pytest.mark.parametrize("adapter", [CIRRUS, *NO_BIOS], ids=str)
def test_suspend_and_resume(boot, client, adapter):
    vm = boot(devices=[adapter.device], extra=("-global", "PIIX4_PM.disable_s3=0"), fresh=True)
    kms = client(vm)
    check_picture(vm, kms, adapter)
    vm.suspend()
    vm.wake()
    assert_same(vm.screendump(), adapter.shows(pattern(WIDTH, HEIGHT, 1)))
    check_picture(vm, kms, adapter, seed=2)
