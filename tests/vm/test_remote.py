# SPDX-License-Identifier: GPL-2.0-or-later
"""A VNC viewer shows what the client drew, and each change of it."""

import pytest

from adapters import CIRRUS, VGA, thorough
from kms import timings
from picture import assert_same, pattern
from vnc import Viewer

pytestmark = pytest.mark.kernels("newest")  # this is about QEMU, not about the kernel

# Cirrus with more than 1024 lines is what QEMU has to convert, in two pieces. It looks for changes
# in each piece, and what it overlooks a viewer never gets to know.
MODES = [
    (CIRRUS, 1600, 1200, 16),
    thorough(CIRRUS, 1920, 1080, 16),
    thorough(CIRRUS.with_vram(8), 1920, 1080, 16),
    (CIRRUS.with_vram(16), 1920, 1200, 16),
    (CIRRUS, 1280, 1024, 24),
    thorough(CIRRUS, 1600, 900, 16),
    (VGA, 1024, 768, 32),
]


@pytest.mark.parametrize("adapter, width, height, bpp", MODES, ids=str)
def test_changes_reach_a_viewer(boot, client, tmp_path, adapter, width, height, bpp):
    """The last line, those beside the split, the first one, and all: the rest stays as it was.

    A viewer is sent what a screendump shows. VNC has pixman read a shared surface of 16 bpp, as a
    screendump does, and a converted one is of 32 bpp already.
    """
    assert adapter.depth(width, height) == bpp
    socket = tmp_path / "vnc"
    vm = boot(devices=[adapter.device], fresh=True, display=f"vnc=unix:{socket}")
    kms = client(vm)
    kms.fb(1, width, height)
    kms.pattern(1, seed=1, timeout=60)
    expected = pattern(width, height, 1).copy()
    with Viewer(socket) as viewer:
        kms.set(1, mode=timings(width, height))
        viewer.wait_for(adapter.shows(expected))

        changes = [(height - 1, 1), (1023, 1), (1024, 1), (1022, 4), (0, 1), (0, height)]
        for seed, (y, lines) in enumerate(changes, 2):
            if y + lines > height:
                continue
            kms.pattern(1, seed, rect=(0, y, width, lines), timeout=60)
            kms.dirty(1, clips=[(0, y, width, y + lines)])
            expected[y:y + lines] = pattern(width, lines, seed, 0, y)
            viewer.wait_for(adapter.shows(expected))

    # Last, since QEMU looks for changes before a screendump too.
    assert_same(vm.screendump(), adapter.shows(expected))
