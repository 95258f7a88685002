# SPDX-License-Identifier: GPL-2.0-or-later
"""Register traffic, as QEMU's trace events count it: each access would leave a real guest."""

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, PORTS, SECONDARY, VGA
from drivers import RELEASE_CONSOLE
from vm import ARCH, IO_PORTS

# A mode set disables, writes width, height and depth, and enables. VGA is blanked around that, by
# a read and a write each; bochs-display is told its pitch. Through ports, each dispi register
# takes an index write besides. Cirrus has four registers each for size and address, and one for
# depth; QEMU traces the two bytes of a write to one.
MODE_SET = {VGA: 9, SECONDARY: 9, BOCHS_DISPLAY: 6, PORTS: 9 + 5, CIRRUS: 9 * 2}

# Where adapters from QEMU 2.2 on are told the byte order of pixels, and what it is
BYTE_ORDER, LITTLE_ENDIAN, BIG_ENDIAN = ("qemu extended regs", 0x604), 0x1e1e1e1e, 0xbebebebe


@pytest.fixture
def kms(client, vm):
    """A client that shows a picture of 1024x768 and has another one."""
    kms = client(vm)
    kms.noise(1024, 768, 1, 2)
    kms.set(1, mode="1024x768")
    return kms


def test_frames_access_no_register(vm, kms):
    with vm.accesses() as accesses:
        kms.flip(2)
        kms.flip(1, clips=[(10, 10, 20, 20)])
        kms.nbflip(2)
        kms.pageflip(1)
        kms.dirty(1)
        kms.dirty(1, clips=[(0, 0, 64, 64)])
        kms.flip(1, src=(0, 0))
        kms.vblank()
    assert accesses == []


def test_panning_accesses_no_register(vm, kms):
    kms.fb(3, 2000, 1000)
    kms.flip(3)
    with vm.accesses() as accesses:
        kms.flip(3, src=(900, 200))
    assert accesses == []


def test_console_accesses_no_register(vm):
    before = vm.screendump()
    with vm.accesses() as accesses:
        vm.sh("cat /proc/meminfo /proc/cpuinfo >/dev/tty1")
        vm.wait_screen(lambda shot: (shot != before).sum() > 1000, "text on the console")
    assert accesses == []


def test_mode_set(vm, kms, adapter):
    kms.fb(3, 640, 480)
    with vm.accesses() as accesses:
        kms.set(3, mode="640x480")
    assert len(accesses) == MODE_SET[adapter]


@pytest.mark.parametrize("adapter", [VGA, SECONDARY, BOCHS_DISPLAY], ids=str)
def test_byte_order(boot, adapter):
    """Pixels become little endian unless they are, whatever the processor is."""
    vm = boot(devices=[adapter.device], load=False, fresh=True)
    with vm.accesses() as accesses:
        vm.load()
    found = [(access.kind, access.value) for access in accesses if (access.region, access.offset) == BYTE_ORDER]
    if ARCH == "ppc64":
        assert found[0] == ("r", LITTLE_ENDIAN if adapter is BOCHS_DISPLAY else BIG_ENDIAN)
    if found[0] != ("r", LITTLE_ENDIAN):
        assert ("w", LITTLE_ENDIAN) in found
    assert {value for kind, value in found if kind == "w"} <= {LITTLE_ENDIAN}


def test_refresh_rate_is_no_mode_set(vm, kms, adapter):
    """What differs only in timing leaves the registers alone."""
    with vm.accesses() as accesses:
        kms.set(1, mode="user:55000,1024,1048,1184,1344,768,771,777,806,0")
    assert accesses == []


def test_checks_access_no_register(vm, kms):
    kms.fb(3, 640, 480)
    with vm.accesses() as accesses:
        kms.test(3, mode="640x480")
    assert accesses == []


def test_dpms_accesses_no_register(vm, kms):
    """Black is painted, and so is the picture that follows."""
    with vm.accesses() as accesses:
        kms.dpms(False)
        kms.dpms(True)
    assert accesses == []


def test_no_legacy_port_beside_mmio(boot, client, adapter):
    """From loading to unloading, an adapter with an MMIO BAR is driven through that alone."""
    # the text console would access ports until it is replaced: begin without it
    vesa = {VGA: "vga=0x343", CIRRUS: "vga=0x314"}
    vm = boot(devices=[adapter.device], append=vesa.get(adapter, ""), load=False, fresh=True)
    with vm.accesses() as accesses:
        vm.load()
        kms = client(vm)
        kms.modes()
        kms.fb(1, 800, 600)
        kms.set(1, mode="800x600")
        kms.dpms(False)
        kms.dpms(True)
        kms.channel.close()
        vm.sh(f"{RELEASE_CONSOLE}; rmmod vgakms")
    assert accesses
    ports = {access.region for access in accesses} & IO_PORTS
    assert ports == (set() if adapter.mmio else {"vga", "vbe"})
