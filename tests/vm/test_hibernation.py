# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest hibernates (S4), and goes on in a new machine: the adapter is another one, as far as it can tell."""

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, PORTS, SECONDARY, VGA, thorough
from picture import assert_same, pattern, show
from test_migration import check_flips, flipping

# who can hibernate, and has the time
pytestmark = pytest.mark.debian


@pytest.fixture
def sleeper(boot, adapter, tmp_path):
    """A machine with room to write its memory to; what is in that is not much."""
    swap = tmp_path / "swap"
    with open(swap, "wb") as file:
        file.truncate(1 << 30)
    vm = boot(devices=[adapter.device], fresh=True, memory=512,
              extra=("-drive", f"file={swap},format=raw,if=virtio"))
    vm.sh("mkswap /dev/vdb && swapon /dev/vdb && umount /vgakms", timeout=120)
    return vm


@pytest.fixture
def hibernate(request):
    """hibernate(vm, append) lets the guest go on in another machine, and returns that."""
    used = []

    def sleep_and_wake(vm, append=""):
        used.append(vm.hibernate(append))
        return used[-1]

    yield sleep_and_wake
    for vm in used:
        try:
            if vm.usable:
                vm.check()
        finally:
            vm.stop()


# The kernel that reads the image drives the adapter as well, or leaves it as firmware has set it up.
DRIVER, FIRMWARE = "vgakms.load", "vgakms.firmware"


# What the first of them leaves on a screen that is blank matters most where nothing but VRAM can be blank.
@pytest.mark.parametrize("adapter, flipping_over, blanked_over", [
    (VGA, DRIVER, FIRMWARE), thorough(PORTS, DRIVER, FIRMWARE), thorough(SECONDARY, DRIVER, FIRMWARE),
    thorough(BOCHS_DISPLAY, DRIVER, FIRMWARE), (CIRRUS, DRIVER, FIRMWARE), (BOCHS_DISPLAY, FIRMWARE, DRIVER)], ids=str)
def test_client(sleeper, client, adapter, hibernate, flipping_over, blanked_over):
    kms = client(sleeper)
    pictures = flipping(kms)
    vm = hibernate(sleeper, flipping_over)
    check_flips(vm, kms, adapter, pictures)

    # blanked, with nothing of whatever was there meanwhile
    kms.active(False)
    assert not vm.screendump().any()
    vm = hibernate(vm, blanked_over)
    # a QEMU that has not seen any picture of an adapter shows a notice of its own
    if blanked_over == DRIVER or adapter is not SECONDARY:
        assert not vm.screendump().any()
    kms.active(True)
    assert_same(vm.screendump(), adapter.shows(pattern(640, 480, 3)))
    expected = show(kms, 4)
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.parametrize("adapter", [VGA], ids=str)
def test_console(sleeper, hibernate):
    sleeper.sh("printf '\\033[2J\\033[H\\033[?25l' >/dev/tty1")
    sleeper.wait_screen(lambda shot: not shot.any(), "an empty console")
    sleeper.sh("echo Hello >/dev/tty1")
    sleeper.wait_screen(lambda shot: shot.any(), "a word on it")
    sleeper.sh("true")  # the word was one update of the screen, and that is over
    before = sleeper.screendump()
    vm = hibernate(sleeper)
    vm.wait_screen(lambda shot: shot.shape == before.shape and (shot == before).all(), "the same word")
    vm.sh("echo more >/dev/tty1")
    vm.wait_screen(lambda shot: (shot != before).any(), "more of them")
