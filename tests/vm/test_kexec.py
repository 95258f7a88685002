# SPDX-License-Identifier: GPL-2.0-or-later
"""Another kernel, or firmware, finds the screen as firmware has left it."""

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, UEFI, VGA, thorough
from picture import assert_same, show

# of which the guest has no copy in /boot
pytestmark = pytest.mark.debian

SAME_KERNEL = ("folder=/boot/$(uname -r); "
               "kexec -s -l $folder/vmlinuz --initrd=$folder/initrd --reuse-cmdline")

# An empty console with a word in colors, and no cursor that blinks
WRITE = "printf '\\033[2J\\033[H\\033[1;33;44mHello\\033[0m\\033[?25l' >/dev/tty0"


def kexec(vm):
    vm.sh(SAME_KERNEL)
    vm.post("kexec -e")
    vm.wait_ready()


def firmware_driver(vm):
    """The framebuffer device that draws on firmware's screen, if that is not in text mode."""
    return vm.sh("cut -d ' ' -f 2- /proc/fb").strip()


def console(vm):
    """The picture of firmware's console, the same for the same kernel on the same screen."""
    vm.sh(WRITE)
    return vm.screendump()


@pytest.mark.parametrize("adapter, firmware, driver", [
    (VGA, UEFI, "EFI VGA"), thorough(BOCHS_DISPLAY, UEFI, "EFI VGA"), thorough(CIRRUS, UEFI, "EFI VGA"),
    (VGA, dict(append="vga=0x343"), "VESA VGA"), thorough(VGA, {}, ""), (CIRRUS, {}, "")],
    ids=["VGA-uefi", "bochs-display-uefi", "cirrus-vga-uefi", "VGA-vesa", "VGA-text", "cirrus-vga-text"])
def test_next_kernel_has_a_screen(boot, client, adapter, firmware, driver):
    """kexec while a client flips: the console looks as it did, and vgakms can be loaded again."""
    vm = boot(devices=[adapter.device], load=False, fresh=True, **firmware)
    assert firmware_driver(vm) == driver
    before = console(vm)
    vm.load()
    kms = client(vm)
    show(kms, 1, "640x480")
    kms.noise(640, 480, 2)
    kms.spin(1, 2)
    frame = vm.screendump()
    vm.wait_screen(lambda shot: (shot != frame).any(), "another frame")

    kexec(vm)
    assert firmware_driver(vm) == driver and "vgakms" not in vm.sh("lsmod")
    assert_same(console(vm), before)

    vm.load()
    expected = show(client(vm), 3)
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.kernels("newest")  # this is about registers, not about the kernel
def test_firmware_has_a_screen(boot, client):
    """After a reboot firmware's console is there again, on the adapter that a reset does not reset."""
    vm = boot(devices=["bochs-display"], load=False, fresh=True, **UEFI)
    before = console(vm)
    vm.load()
    show(client(vm), 1)
    vm.post("reboot -f")
    vm.wait_ready()
    assert_same(console(vm), before)
