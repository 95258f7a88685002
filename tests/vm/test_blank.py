# SPDX-License-Identifier: GPL-2.0-or-later
"""Blanking, unblanking, and what is seen while modes change."""

import pytest

from adapters import ALL, CIRRUS
from kms import command
from picture import assert_same, pattern, solid
from writes import find_device


@pytest.fixture
def kms(client, vm):
    kms = client(vm)
    kms.noise(800, 600, 1, 2)
    kms.set(1, mode="800x600")
    vm.screendump()  # the host looks at the screen: black will have its size
    return kms


@pytest.mark.parametrize("how", ["dpms", "active"])
def test_blank_and_unblank(vm, kms, adapter, how):
    blank = getattr(kms, how)
    blank(False)
    assert_same(vm.screendump(), solid(800, 600, 0))
    blank(True)
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 1)))


def test_flips_while_blanked_are_not_seen(vm, kms, adapter):
    kms.active(False)
    kms.flip(2)
    assert_same(vm.screendump(), solid(800, 600, 0))
    kms.active(True)
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 2)))


def test_drawing_while_blanked_is_seen_afterwards(vm, kms, adapter):
    """Without any damage reported: unblanking brings the whole picture."""
    kms.active(False)
    kms.pattern(1, seed=5)
    assert_same(vm.screendump(), solid(800, 600, 0))
    kms.active(True)
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 5)))


def test_nothing_is_left_of_the_old_picture(vm, kms, adapter):
    """VRAM is black while the screen is off: no host, however slow it looks, sees what was there."""
    used = 800 * 600 * adapter.depth(800, 600) // 8
    assert any(vram(vm, adapter, used))
    kms.active(False)
    assert not any(vram(vm, adapter, used))
    kms.flip(2)
    assert not any(vram(vm, adapter, used))
    kms.active(True)
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 2)))
    assert any(vram(vm, adapter, used))


def vram(vm, adapter, size):
    """The beginning of VRAM."""
    _, bars = find_device(vm, adapter.device.partition(",")[0])
    file = vm.folder / "vram"
    vm.qmp("pmemsave", val=bars[0].start, size=size, filename=str(file))
    return file.read_bytes()


def test_off_and_on_again(vm, kms, adapter):
    kms.off()
    assert not vm.screendump().any()
    kms.fb(3, 1024, 768)
    kms.pattern(3, seed=3)
    kms.set(3, mode="1024x768")
    assert_same(vm.screendump(), adapter.shows(pattern(1024, 768, 3)))


def test_removing_the_framebuffer_blanks(vm, kms):
    kms.rmfb(1)
    assert not vm.screendump().any()


# What is set in turn
PAIRS = [*((adapter, (640, 480), (1024, 768)) for adapter in ALL),
         (CIRRUS, (640, 480), (1920, 1080)), (CIRRUS.with_vram(16), (1024, 768), (1920, 1440))]


@pytest.mark.parametrize("adapter, small, large", PAIRS, ids=[f"{a.device}-{w}x{h}"
                                                                 for a, _, (w, h) in PAIRS])
def test_mode_sets_show_no_stale_pixels(vm, kms, adapter, small, large):
    """While the mode goes to and fro, each screen has its own color, black, or some of both.

    A pixel of the other mode's color would be an old one at a new pitch. A screen of another size,
    as Cirrus has for a moment, is black.
    """
    colors = {small: 0xff0000, large: 0x0000ff}
    sets = []
    for fb, ((width, height), color) in enumerate(colors.items(), 3):
        kms.fb(fb, width, height)
        kms.solid(fb, color)
        sets.append(command("set", fb, mode=f"{width}x{height}"))
    kms.run(*sets[0].split())

    sizes = set()
    kms.post(f"loop 100 {sets[1]} / {sets[0]}")
    kms.post("crtcseq")
    for _ in range(150):
        # QEMU reads VRAM while it writes the file: hold the guest, or the file is of two moments
        vm.qmp("stop")
        shot = vm.screendump()
        vm.qmp("cont")
        height, width = shot.shape[:2]
        sizes.add((width, height))
        color = adapter.shows(solid(width, height, colors.get((width, height), 0)))[0, 0]
        assert ((shot == 0) | (shot == color)).all(), (width, height)
    kms.wait(timeout=120)
    kms.wait()
    assert sizes >= set(colors), "the screendumps missed the mode sets"
