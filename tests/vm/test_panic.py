# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel panic is on the screen, whatever the screen's state, on kernels built with drm_panic."""

import numpy as np
import pytest

from adapters import BOCHS_DISPLAY, PORTS, SECONDARY, VGA

# Each is a scanout depth, or another way to the registers.
SCREENS = [
    (VGA, 640, 480),
    (VGA, 1366, 768),
    (PORTS, 640, 480),
    (SECONDARY, 640, 480),
    (VGA.with_vram(1), 640, 480),
    (VGA.with_vram(1), 800, 600),
    (BOCHS_DISPLAY, 640, 480),
    (BOCHS_DISPLAY, 1366, 768),
    (BOCHS_DISPLAY.with_vram(4), 1920, 1080),
]


def panic(vm):
    """Crash the kernel, and return the screen once the panic is over."""
    vm.post("echo c >/proc/sysrq-trigger")
    vm.wait_log("---\\[ end Kernel panic")
    return vm.screendump()


def timings(width, height):
    total_w, total_h = width + 80, height + 20
    return (f"user:{total_w * total_h * 60 // 1000},{width},{width + 16},{width + 48},{total_w},"
            f"{height},{height + 3},{height + 8},{total_h},0")


def check_panic_screen(shot, width, height):
    """White on black, nothing else, in the middle of the visible part."""
    assert shot.shape[0] == height
    colors = np.unique(shot.reshape(-1, 3), axis=0)
    assert colors.tolist() == [[0, 0, 0], [255, 255, 255]]
    rows, columns = np.nonzero(shot.any(axis=-1))
    assert len(rows) > 500
    assert columns.max() < width
    # the message is centered; it has lines of different length, and a logo above it
    assert abs((columns.min() + columns.max()) / 2 - width / 2) <= 16
    assert abs((rows.min() + rows.max()) / 2 - height / 2) <= height / 3


@pytest.mark.dmesg(".*")
@pytest.mark.parametrize("blanked", [False, True], ids=["shown", "blanked"])
@pytest.mark.parametrize("adapter, width, height", SCREENS,
                         ids=[f"{a.device}-{w}x{h}-{a.depth(w, h)}bpp" for a, w, h in SCREENS])
def test_panic_screen(boot, client, kernel, adapter, width, height, blanked):
    vm = boot(devices=[adapter.device], append="drm.panic_screen=user", fresh=True)
    kms = client(vm)
    kms.fb(1, width, height)
    kms.pattern(1, seed=1)
    kms.set(1, mode=timings(width, height))
    if blanked:
        kms.active(False)
    shot = panic(vm)
    # Debian builds 6.12 without CONFIG_DRM_PANIC
    if kernel != "6.12":
        check_panic_screen(shot, width, height)


@pytest.mark.dmesg(".*")
def test_no_mode_no_panic_screen(boot, kernel):
    """Without a picture there is nothing to draw on, and no harm in trying."""
    vm = boot(devices=["secondary-vga"], append="drm_kms_helper.fbdev_emulation=0", fresh=True)
    before = vm.screendump()
    after = panic(vm)
    assert before.shape == after.shape and (before == after).all()
