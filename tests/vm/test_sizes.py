# SPDX-License-Identifier: GPL-2.0-or-later
"""All the sizes that a client can ask for: shown as they are, or refused. QEMU never complains, nor dies.

    VGAKMS_SIZES=all   every width and every height, and some hundred pairs
    VGAKMS_SEED=7      the same sizes as before
"""

import os
import random
import secrets

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, VGA
from kms import timings
from vm import ClientError

SIZES = os.environ.get("VGAKMS_SIZES", "40")
# Pairs of width and height among all sizes
PAIRS = 500


@pytest.fixture(params=[VGA, BOCHS_DISPLAY, CIRRUS, CIRRUS.with_vram(16)], ids=str)
def adapter(request):
    return request.param


def largest(adapter):
    """What the registers can hold, or a framebuffer of vgakms'."""
    return (2048, 2048) if adapter.name == CIRRUS.name else (8192, 8192)


def depth(adapter, width, height):
    """The scanout depth, or None if the size is to be refused."""
    max_width, max_height = largest(adapter)
    if 64 <= width <= max_width and 64 <= height <= max_height:
        return adapter.depth(width, height)
    return None


def pairs(adapter, count):
    """Sizes that fit, most of them barely: half of VRAM or more is used at 16 bpp."""
    max_width, max_height = largest(adapter)
    for _ in range(count):
        width = random.randint(64, max_width)
        pixels = random.randint(adapter.vram << 18, adapter.vram << 19)
        yield width, max(64, min(max_height, pixels // width))


def every_size(adapter):
    max_width, max_height = largest(adapter)
    return [*((width, 64) for width in range(1, max_width + 20)),
            *((64, height) for height in range(1, max_height + 20)),
            *pairs(adapter, PAIRS)]


@pytest.mark.kernels("7.2")  # what fits is the same on all
def test_sizes(boot, client, adapter):
    seed = int(os.environ.get("VGAKMS_SEED") or secrets.randbits(32))
    print(f"VGAKMS_SEED={seed}")
    random.seed(seed)
    sizes = every_size(adapter)
    if SIZES != "all":
        # as many edges as pairs
        sizes = random.sample(sizes[:-PAIRS], int(SIZES) // 2) + sizes[-int(SIZES) // 2:]

    vm = boot(devices=[adapter.device])
    kms = client(vm)
    # There is always one on the screen while the other is made.
    fb, other = 1, 2
    kms.fb(other, 640, 480)
    kms.set(other, mode="640x480")
    for width, height in sizes:
        kms.fb(fb, *map(min, (width, height), largest(adapter)))
        try:
            kms.set(fb, mode=timings(width, height))
            shown = True
        except ClientError:
            shown = False
        assert shown == (depth(adapter, width, height) is not None), (width, height)
        if shown:
            columns = -(-width // adapter.step) * adapter.step
            assert vm.screendump().shape == (height, columns, 3), (width, height)
            fb, other = other, fb
            kms.rmfb(fb)
        else:
            kms.rmfb(fb)
