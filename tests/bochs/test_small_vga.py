# SPDX-License-Identifier: GPL-2.0-or-later
"""Bochs' VGA with little VRAM: pictures have as many bits as fit."""

import re

import pytest

from adapters import VGA
from picture import show
from realbochs import has_vram_sizes
from screen import check_picture

EXTENSION = "vbe"
VRAM = 4

# Like QEMU where it converts each line, Bochs adds no bits below those of a pixel.
ADAPTER = VGA.with_vram(VRAM)._replace(shares=False)

pytestmark = pytest.mark.skipif(not has_vram_sizes(), reason="before 3.0 Bochs has 16 MiB of VRAM, enough for 32 bits")


@pytest.mark.parametrize("mode, depth", [("1024x768", 32), ("1280x1024", 24), ("1920x1080", 16)])
def test_depth(loaded, kms, mode, depth):
    expected = show(kms, 1, mode)
    check_picture(loaded, ADAPTER.shows(expected))
    modes = re.findall(r"VBE enabling x (\d+), y (\d+), bpp (\d+)", loaded.trace_log.read_text())
    assert modes[-1] == (*mode.split("x"), str(depth))
