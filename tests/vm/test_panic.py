# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel panic is on the screen, whatever the screen's state, on kernels built with drm_panic."""

import numpy as np
import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, PORTS, SECONDARY, UEFI, VGA
from kms import timings
from picture import assert_same, show, solid
from qr import kernel_log_on

# Each has another scanout depth, way to the registers, width or state; the last tells if it is blanked.
CLIENTS = ["XR24", "AR24", "RG24", "RG16"]
SCREENS = [
    (VGA, 1366, 768, True),
    (VGA.with_vram(1), 640, 480, False),
    (VGA.with_vram(1), 800, 600, True),
    (PORTS, 640, 480, True),
    (SECONDARY, 640, 480, True),
    (BOCHS_DISPLAY, 1366, 768, False),
    (BOCHS_DISPLAY, 640, 480, True),
    (BOCHS_DISPLAY.with_vram(4), 1921, 1080, True),
    (CIRRUS, 1024, 768, True),
    # in two pieces, at each depth
    (CIRRUS, 640, 1200, True),
    (CIRRUS, 1280, 1060, False),
    (CIRRUS, 1920, 1080, False),
    (CIRRUS.with_vram(16), 1920, 1200, True),
]

# The panic screen begins with a logo of text.
LOGO_WIDTH, LOGO_HEIGHT = 160, 112


def without_console(firmware):
    """Arguments of a machine that boots like this; on its screen nobody draws but clients, and panics."""
    words = "drm_kms_helper.fbdev_emulation=0 drm.panic_screen=user"
    return {**firmware, "append": f"{firmware.get('append', '')} {words}"}


def panic(vm):
    """Crash the kernel, and return the screen once the panic is over."""
    vm.screendump()  # the host looks at the screen: from now on it is looking at this mode
    vm.post("echo c >/proc/sysrq-trigger")
    vm.wait_log("---\\[ end Kernel panic")
    return vm.screendump()


def check_panic_screen(shot, adapter, width, height):
    """White on black: the logo at the top left, and the message in the middle of the visible part."""
    assert shot.shape[0] == height
    white = adapter.shows(solid(width, height, 0xffffff))[0, 0].tolist()
    assert np.unique(shot.reshape(-1, 3), axis=0).tolist() == [[0, 0, 0], white]
    lit = shot.any(axis=-1)
    assert lit[:LOGO_HEIGHT, :LOGO_WIDTH].any()
    assert not lit[:LOGO_HEIGHT, LOGO_WIDTH:].any()
    rows, columns = np.nonzero(lit[LOGO_HEIGHT:])
    assert len(rows) > 500
    # its lines are made of characters of 8 x 16 pixels
    assert abs((columns.min() + columns.max()) / 2 - width / 2) <= 8
    assert abs((rows.min() + rows.max()) / 2 + LOGO_HEIGHT - height / 2) <= 16


@pytest.mark.kernels("newest")  # Debian builds 6.12 without CONFIG_DRM_PANIC
@pytest.mark.dmesg("Kernel panic", "Call Trace:")
@pytest.mark.parametrize("adapter, width, height, blanked", SCREENS, ids=[
    f"{a.device}-{w}x{h}-{a.depth(w, h)}bpp-{'blanked' if blanked else 'shown'}"
    for a, w, h, blanked in SCREENS])
def test_panic_screen(boot, client, adapter, width, height, blanked):
    vm = boot(devices=[adapter.device], append="drm.panic_screen=user", fresh=True)
    kms = client(vm)
    # in which format the client draws does not matter: one after the other
    code = CLIENTS[SCREENS.index((adapter, width, height, blanked)) % len(CLIENTS)]
    kms.fb(1, width, height, format=code)
    kms.pattern(1, seed=1)
    kms.set(1, mode=timings(width, height))
    # a cursor beside the logo is in nobody's way
    kms.fb(2, 64, 64, format="AR24")
    kms.pattern(2, seed=2, junk=3)
    kms.cursor(2, LOGO_WIDTH, 0)
    if blanked:
        kms.active(False)
    check_panic_screen(panic(vm), adapter, width, height)


@pytest.mark.kernels("newest")
@pytest.mark.dmesg("Kernel panic", "Call Trace:")
@pytest.mark.parametrize("adapter, firmware, mode", [
    (VGA, {"append": "vga=0x343"}, "800x600"), (PORTS, {"append": "vga=0x343"}, "800x600"), (VGA, UEFI, "1280x800"),
    (BOCHS_DISPLAY, UEFI, "1280x800")], ids=["VGA-vesa", "ports-vesa", "VGA-uefi", "bochs-display-uefi"])
def test_panic_before_the_first_mode_set(boot, adapter, firmware, mode):
    """It is shown in firmware's mode, which is one of ours."""
    vm = boot(devices=[adapter.device], fresh=True, **without_console(firmware))
    check_panic_screen(panic(vm), adapter, *map(int, mode.split("x")))


@pytest.mark.kernels("newest")
@pytest.mark.dmesg("Kernel panic", "Call Trace:")
@pytest.mark.parametrize("adapter, firmware", [
    (SECONDARY, {}), (VGA, {"append": "vga=0x314"}), (CIRRUS, {"append": "vga=0x314"}), (CIRRUS, UEFI)],
    ids=["secondary-vga", "VGA-16bpp", "cirrus-vga-16bpp", "cirrus-vga-uefi"])
def test_no_mode_no_panic_screen(boot, adapter, firmware):
    """Without a mode that is one of ours there is nothing to draw on, and no harm in trying."""
    vm = boot(devices=[adapter.device], fresh=True, **without_console(firmware))
    before = vm.screendump()
    assert_same(panic(vm), before)


@pytest.mark.kernels("debug")  # who is built with CONFIG_DRM_PANIC_DEBUG
@pytest.mark.dmesg("Kernel panic", "Call Trace:")
@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY, CIRRUS], ids=str)
def test_rehearsal(boot, client, adapter):
    """A panic screen that a developer only tries is gone with the next frame, which is the same as before."""
    vm = boot(devices=[adapter.device], append="drm.panic_screen=user", fresh=True)
    kms = client(vm)
    expected = show(kms, 1)
    vm.sh("echo 1 >/sys/kernel/debug/dri/0/drm_panic_plane_0")
    check_panic_screen(vm.screendump(), adapter, 800, 600)
    kms.flip(1)
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.kernels("newest")
@pytest.mark.debian  # who configures a QR code
@pytest.mark.dmesg("Kernel panic", "Call Trace:")
@pytest.mark.parametrize("adapter, width, height, depth", [
    (VGA, 1280, 800, 32), (CIRRUS, 1024, 768, 24), (VGA.with_vram(1), 800, 600, 16)], ids=str)
def test_panic_qr_code(boot, tmp_path, adapter, width, height, depth):
    """A phone can read the log from the screen."""
    assert adapter.depth(width, height) == depth
    vm = boot(devices=[adapter.device], append=f"video=Virtual-1:{width}x{height}", fresh=True)
    assert panic(vm).shape == (height, width, 3)
    vm.shot(tmp_path / "panic.png")
    assert "sysrq_handle_crash" in kernel_log_on(tmp_path / "panic.png")
