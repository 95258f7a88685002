# SPDX-License-Identifier: GPL-2.0-or-later
"""All the sizes that a client can ask for: shown as they are, or refused. QEMU never complains, nor dies.

    VGAKMS_SIZES=all   every width and every height, and some hundred pairs; or how many of them
    VGAKMS_SEED=7      the same sizes as before
"""

import os
import random
import secrets

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, VGA
from kms import timings
from picture import assert_same, pattern
from vm import ClientError

SIZES = os.environ.get("VGAKMS_SIZES", "40")


@pytest.fixture(params=[VGA, BOCHS_DISPLAY, CIRRUS, CIRRUS.with_vram(16)], ids=str)
def adapter(request):
    return request.param


def largest(adapter):
    """What the registers can hold, or else the largest framebuffer."""
    return 2048 if adapter.name == CIRRUS.name else 8192


def depth(adapter, width, height):
    """The scanout depth, or None if the size is to be refused."""
    if 64 <= min(width, height) and max(width, height) <= largest(adapter):
        return adapter.depth(width, height)
    return None


def edges(adapter):
    """Every width and every height, and some that are too large, as far as there are framebuffers for them."""
    end = min(largest(adapter) + 20, 8192)
    return [*((width, 64) for width in range(1, end + 1)), *((64, height) for height in range(1, end + 1))]


def pairs(adapter, count):
    """Sizes of both large width and height: what fits in VRAM at 16 bpp, mostly."""
    end = min(largest(adapter) + 20, 8192)
    for _ in range(count):
        width = random.randint(64, end)
        most = min((adapter.vram << 19) // width, end)
        yield width, random.randint(most // 2, min(most + 20, end))


def sizes(adapter):
    if SIZES == "all":
        return [*edges(adapter), *pairs(adapter, 300)]
    return [*random.sample(edges(adapter), int(SIZES)), *pairs(adapter, int(SIZES) // 5)]


def show(kms, fb, width, height):
    """Show noise from this framebuffer, or return False if that is refused."""
    kms.fb(fb, width, height)
    kms.pattern(fb, fb)
    try:
        kms.set(fb, mode=timings(width, height))
    except ClientError as error:
        assert str(error).startswith(("EINVAL", "ERANGE")), error
        return False
    return True


@pytest.mark.kernels("newest")  # what fits is the same on all
def test_sizes(boot, client, adapter):
    seed = int(os.environ.get("VGAKMS_SEED") or secrets.randbits(32))
    print(f"VGAKMS_SEED={seed}")
    random.seed(seed)
    vm = boot(devices=[adapter.device])
    kms = client(vm)
    # One is on the screen while the other is made.
    fb, shown = 1, 2
    assert show(kms, shown, 640, 480)
    for width, height in sizes(adapter):
        fits = depth(adapter, width, height) is not None
        assert show(kms, fb, width, height) == fits, (width, height)
        if fits:
            assert_same(vm.screendump(), adapter.shows(pattern(width, height, fb)))
            fb, shown = shown, fb
        kms.rmfb(fb)
