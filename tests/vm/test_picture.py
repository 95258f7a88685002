# SPDX-License-Identifier: GPL-2.0-or-later
"""What is on the screen is what the client drew: every pixel, in every mode and depth."""

import numpy as np
import pytest

import adapters
from adapters import ALL, BOCHS_DISPLAY, CIRRUS, VGA
from kms import timings
from picture import assert_same, cut565, expand565, gradient, pattern, solid


# What only depends on code that knows nothing of the kernel need not be tried on each.
SAME_ON_ALL = pytest.mark.kernels("newest")

# So many bits are missing from each channel at 16 bpp.
CUT = np.array([3, 2, 3], dtype=np.uint8)

# The other adapters differ from these by where their registers are, and mode sets show that.
DIFFERENT = [VGA, BOCHS_DISPLAY, CIRRUS]


@pytest.fixture(params=DIFFERENT, ids=str)
def adapter(request):
    return request.param


@pytest.fixture
def kms(client, vm):
    return client(vm)


def show(kms, width, height, seed=1):
    """Fill the screen with noise in a mode of that size, and return the picture."""
    kms.fb(1, width, height)
    kms.pattern(1, seed, junk=seed, timeout=60)
    kms.set(1, mode=timings(width, height))
    return pattern(width, height, seed)


@pytest.mark.parametrize("adapter", [*ALL, CIRRUS.with_vram(8), CIRRUS.with_vram(16)], ids=str)
def test_every_mode(vm, kms, adapter):
    """All sizes that the connector lists, and each refresh rate is accepted."""
    modes = kms.modes()
    sizes = {(mode.width, mode.height): mode for mode in modes}
    assert len(sizes) >= 15
    for seed, ((width, height), mode) in enumerate(sizes.items(), 1):
        kms.fb(seed, width, height)
        kms.pattern(seed, seed, timeout=60)
        kms.set(seed, mode=mode)
        assert_same(vm.screendump(), adapter.shows(pattern(width, height, seed)))
        if seed > 1:
            kms.rmfb(seed - 1)
        for other in modes:
            if (other.width, other.height) == (width, height):
                kms.test(seed, mode=other)


@SAME_ON_ALL
@pytest.mark.parametrize("size", [(1366, 768), (1362, 766), (1361, 765), (1921, 1080), (65, 67)])
def test_odd_sizes(vm, kms, adapter, size):
    """Widths that are no multiple of 8: exact, or wider with black beyond."""
    expected = show(kms, *size)
    assert_same(vm.screendump(), adapter.shows(expected))


DEPTHS = [
    (VGA.with_vram(1), 640, 480, 24),
    (VGA.with_vram(1), 800, 600, 16),
    (VGA.with_vram(4), 1024, 768, 32),
    (VGA.with_vram(4), 1280, 1024, 24),
    (VGA.with_vram(4), 1366, 768, 24),
    (VGA.with_vram(4), 1920, 1080, 16),
    (VGA.with_vram(16), 3840, 2160, 16),
    (BOCHS_DISPLAY.with_vram(4), 1280, 1024, 16),
    (BOCHS_DISPLAY.with_vram(4), 1366, 1024, 16),
    (BOCHS_DISPLAY.with_vram(4), 1921, 1080, 16),
    (BOCHS_DISPLAY.with_vram(16), 3840, 2160, 16),
    (BOCHS_DISPLAY.with_vram(64), 3840, 2160, 32),
    (CIRRUS, 1016, 768, 32),
    (CIRRUS, 1024, 768, 24),
    (CIRRUS, 1280, 1024, 24),
    (CIRRUS, 1360, 768, 24),
    (CIRRUS, 1440, 900, 16),
    (CIRRUS, 1600, 900, 16),
    # in two pieces, at each depth
    (CIRRUS, 640, 1200, 32),
    (CIRRUS, 1280, 1060, 24),
    (CIRRUS, 1600, 1200, 16),
    (CIRRUS, 1920, 1080, 16),
    # and where QEMU has to be told that they are
    (CIRRUS.with_vram(8), 640, 2048, 32),
    (CIRRUS.with_vram(8), 1360, 2048, 24),
    (CIRRUS.with_vram(8), 1920, 1080, 16),
    (CIRRUS.with_vram(16), 1920, 1200, 16),
    (CIRRUS.with_vram(16), 2040, 2048, 16),
]


@SAME_ON_ALL
@pytest.mark.parametrize("small, width, height, bpp", DEPTHS,
                         ids=[f"{a.device}-{w}x{h}-{bpp}bpp" for a, w, h, bpp in DEPTHS])
def test_depths(boot, client, small, width, height, bpp):
    """Where VRAM is short the picture is scanned out with fewer bits."""
    assert small.depth(width, height) == bpp
    vm = boot(devices=[small.device])
    kms = client(vm)
    kms.fb(2, 320, 200)
    kms.set(2, mode=timings(320, 200))  # the console may have the other mode already
    with vm.accesses() as accesses:
        expected = show(kms, width, height)
    assert small.programmed_depth(accesses) == bpp
    assert_same(vm.screendump(), small.shows(expected))

    for direction, color in [("horizontal", "red"), ("vertical", "gray")]:
        kms.gradient(1, direction, color, timeout=60)
        kms.dirty(1)
        assert_same(vm.screendump(), small.shows(gradient(width, height, direction, color)))

    # what is on the last line, and where Cirrus' lines go on at address 0, changes alone
    expected = gradient(width, height, "vertical", "gray").copy()
    for y in {height - 1, min(1023, height - 2), min(1024, height - 1)}:
        kms.pattern(1, seed=2, rect=(0, y, width, 1))
        kms.dirty(1, clips=[(0, y, width, y + 1)])
        expected[y:y + 1] = pattern(width, 1, 2, 0, y)
        assert_same(vm.screendump(), small.shows(expected))


AT_16_BPP = [(VGA.with_vram(4), 1920, 1080), (BOCHS_DISPLAY.with_vram(4), 1920, 1080),
             (CIRRUS, 1600, 900), (CIRRUS, 1920, 1080)]
IDS = [f"{a.device}-{w}x{h}" for a, w, h in AT_16_BPP]


@SAME_ON_ALL
@pytest.mark.parametrize("small, width, height", AT_16_BPP, ids=IDS)
def test_pure_colors_at_16_bpp(boot, client, small, width, height):
    """In VRAM each channel is all ones or all zeros, dithered or not."""
    vm = boot(devices=[small.device])
    kms = client(vm)
    show(kms, width, height)
    for color in (0x000000, 0xffffff, 0xff0000, 0x00ff00, 0x0000ff):
        kms.solid(1, color)
        kms.dirty(1)
        expected = expand565(solid(width, height, color) >> CUT, small.path(height))
        assert_same(vm.screendump(), expected)


@SAME_ON_ALL
@pytest.mark.parametrize("small, width, height", AT_16_BPP[1:2] + AT_16_BPP[3:], ids=IDS[1:2] + IDS[3:])
def test_dithering_keeps_the_color(boot, client, small, width, height):
    """From afar a color is as bright as it was drawn, if not at any single pixel."""
    vm = boot(devices=[small.device])
    kms = client(vm)
    show(kms, width, height)
    for color in range(0, 0x1000000, 0x0b2d3b):
        kms.solid(1, color)
        kms.dirty(1)
        levels = (vm.screendump() >> CUT).reshape(-1, 3).mean(axis=0)
        assert abs(levels * 255 / (255 >> CUT) - solid(1, 1, color)[0, 0]).max() <= 1, hex(color)


@SAME_ON_ALL
@pytest.mark.parametrize("small", [VGA.with_vram(4), CIRRUS], ids=str)
def test_dithering_can_be_switched_off(boot, client, small):
    vm = boot(devices=[small.device], load=False, fresh=True)
    vm.load(dither=0)
    kms = client(vm)
    expected = show(kms, 1920, 1080)
    assert_same(vm.screendump(), small.shows(expected, dither=False))


def test_framebuffer_larger_than_the_screen(vm, kms, adapter):
    """Pan a framebuffer that would not fit in VRAM over the screen, to its far corner."""
    kms.fb(1, 4096, 4096)
    kms.pattern(1, seed=3, timeout=120)
    kms.set(1, mode="1920x1080")
    for src in [(0, 0), (1, 0), (0, 1), (777, 333), (4096 - 1920, 4096 - 1080)]:
        kms.flip(1, src=src)
        assert_same(vm.screendump(), adapter.shows(pattern(1920, 1080, 3, *src)))


@SAME_ON_ALL
@pytest.mark.parametrize("pitch, offset", [
    (800 * 4 + 4, 0), (800 * 4 + 1, 0), (800 * 4 + 1003, 0), (16384, 0),
    (None, 4), (None, 1), (None, 4097), (800 * 4 + 3, 7),
])
def test_pitch_and_offset(vm, kms, adapter, pitch, offset):
    """A framebuffer may begin at any byte, and its lines be any number of bytes apart."""
    used = kms.fb(1, 800, 600, pitch=pitch, offset=offset)
    assert pitch in (None, used)
    kms.pattern(1, seed=4, junk=5)
    kms.set(1, mode="800x600")
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 4)))

    kms.pattern(1, seed=6, rect=(101, 51, 33, 7))
    kms.dirty(1, clips=[(101, 51, 134, 58)])
    expected = pattern(800, 600, 4).copy()
    expected[51:58, 101:134] = pattern(33, 7, 6, 101, 51)
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.parametrize("how", ["flip", "dirty"])
def test_only_damage_is_shown(vm, kms, adapter, how):
    """The whole framebuffer changes, but only what is said to have changed is looked at, in blocks of eight pixels."""
    clips = [(0, 0, 1, 1), (3, 5, 130, 40), (799, 599, 800, 600), (400, 0, 500, 600)]
    expected = show(kms, 800, 600, seed=1).copy()
    kms.pattern(1, seed=2)
    new = pattern(800, 600, 2)
    for x1, y1, x2, y2 in clips:
        blocks = slice(x1 // 8 * 8, (x2 + 7) // 8 * 8)
        expected[y1:y2, blocks] = new[y1:y2, blocks]
    getattr(kms, how)(1, clips=clips)
    assert_same(vm.screendump(), adapter.shows(expected))

    # a new framebuffer without damage is all new
    kms.fb(2, 800, 600)
    kms.pattern(2, seed=3)
    kms.flip(2)
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 3)))


def test_damage_beyond_the_screen(vm, kms, adapter):
    """Damage is given in pixels of the framebuffer; what the screen does not show is no matter."""
    kms.fb(1, 1000, 900)
    kms.pattern(1, seed=1)
    kms.set(1, mode="800x600", src=(100, 200))
    kms.pattern(1, seed=2)
    kms.flip(1, src=(100, 200), clips=[(0, 0, 110, 210), (890, 790, 1000, 900), (0, 850, 1000, 900)])
    expected = pattern(800, 600, 1, 100, 200).copy()
    new = pattern(800, 600, 2, 100, 200)
    # in blocks of eight pixels
    expected[:10, :16] = new[:10, :16]
    expected[590:, 784:] = new[590:, 784:]
    assert_same(vm.screendump(), adapter.shows(expected))


def test_flips(vm, kms, adapter):
    """Atomic and legacy flips, blocking and not, show the framebuffer they name."""
    show(kms, 1024, 768, seed=1)
    kms.fb(2, 1024, 768)
    kms.pattern(2, seed=2)
    for flip, fb in [(kms.flip, 2), (kms.nbflip, 1), (kms.pageflip, 2)]:
        flip(fb)
        assert_same(vm.screendump(), adapter.shows(pattern(1024, 768, fb)))


def test_legacy_mode_set(vm, kms, adapter):
    kms.fb(1, 1000, 700)
    kms.pattern(1, seed=8)
    kms.setcrtc(1, mode="640x480", src=(13, 17))
    assert_same(vm.screendump(), adapter.shows(pattern(640, 480, 8, 13, 17)))


def test_unused_bytes_do_not_matter(vm, kms, adapter):
    """The X of XRGB8888 may hold anything, and changing it changes nothing."""
    kms.fb(1, 640, 480)
    kms.pattern(1, seed=1, junk=2)
    kms.set(1, mode="640x480")
    kms.pattern(1, seed=1, junk=3)
    kms.dirty(1)
    assert_same(vm.screendump(), adapter.shows(pattern(640, 480, 1)))


# with 24 and 16 bits
AT_LESS = [(VGA.with_vram(1), 640, 480), (VGA.with_vram(1), 800, 600), (BOCHS_DISPLAY.with_vram(4), 1280, 1024)]


@pytest.mark.parametrize("code", ["AR24", "RG24", "RG16", "BX24"])
def test_formats(vm, kms, adapter, code):
    """What a client draws in another format is shown as a whole, damaged, panned, and after a flip."""
    def shows(picture):
        return adapter.shows(cut565(picture) if code == "RG16" else picture)

    kms.fb(1, 1001, 801, format=code)
    kms.pattern(1, seed=1, junk=2)
    kms.set(1, mode="800x600", src=(101, 77))
    expected = pattern(800, 600, 1, 101, 77).copy()
    assert_same(vm.screendump(), shows(expected))
    kms.pattern(1, seed=3, junk=4, rect=(150, 99, 37, 41))
    kms.flip(1, src=(101, 77), clips=[(150, 99, 187, 140)])
    expected[22:63, 49:86] = pattern(37, 41, 3, 150, 99)
    assert_same(vm.screendump(), shows(expected))
    kms.noise(800, 600, 2)
    kms.flip(2)
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 2)))
    kms.flip(1)
    assert_same(vm.screendump()[:70], shows(pattern(800, 600, 1))[:70])


@SAME_ON_ALL
@pytest.mark.parametrize("code", ["XR24", "BX24"])
@pytest.mark.parametrize("small, width, height", AT_LESS, ids=[f"{a.device}-{w}x{h}" for a, w, h in AT_LESS])
def test_byte_orders_at_less_depth(boot, client, small, width, height, code):
    """The words of a big-endian processor become fewer bits as well."""
    vm = boot(devices=[small.device])
    kms = client(vm)
    kms.fb(1, width, height, format=code)
    kms.pattern(1, seed=1, junk=2)
    kms.set(1, mode=timings(width, height))
    expected = pattern(width, height, 1).copy()
    assert_same(vm.screendump(), small.shows(expected))
    kms.pattern(1, seed=3, junk=4, rect=(150, 99, 37, 41))
    kms.dirty(1, clips=[(150, 99, 187, 140)])
    expected[99:140, 150:187] = pattern(37, 41, 3, 150, 99)
    assert_same(vm.screendump(), small.shows(expected))


def test_foreign_memory(vm, kms, adapter):
    """A framebuffer in memory that another part of the kernel exports."""
    kms.udmabuf(1, 1024, 768)
    kms.pattern(1, seed=9)
    kms.set(1, mode="1024x768")
    assert_same(vm.screendump(), adapter.shows(pattern(1024, 768, 9)))
    kms.pattern(1, seed=10)
    kms.dirty(1)
    assert_same(vm.screendump(), adapter.shows(pattern(1024, 768, 10)))


def test_foreign_memory_above_4_gib(boot, client):
    """The adapters' 32-bit BARs do not limit where a framebuffer may be."""
    vm = boot(devices=[VGA.device], memory=6144)
    kms = client(vm)
    kms.udmabuf(1, 1920, 1080)
    kms.pattern(1, seed=9)
    kms.set(1, mode="1920x1080")
    assert_same(vm.screendump(), VGA.shows(pattern(1920, 1080, 9)))


def test_two_adapters(boot, client):
    """Each adapter is a card of its own, and they can share a framebuffer."""
    vm = boot(devices=["VGA,id=first", "bochs-display,id=second"])
    kms = client(vm, card=("pci", vm.pci_address("first")))
    show(kms, 1024, 768, seed=1)
    dmabuf = kms.prime_export(1)

    kms.card("pci", vm.pci_address("second"))
    kms.prime_import(1, dmabuf, 1024, 768, 1024 * 4)
    kms.fb(2, 800, 600)
    kms.pattern(2, seed=2)
    kms.set(2, mode="800x600")
    assert_same(vm.screendump("first"), adapters.VGA.shows(pattern(1024, 768, 1)))
    assert_same(vm.screendump("second"), BOCHS_DISPLAY.shows(pattern(800, 600, 2)))

    kms.set(1, mode="1024x768")
    assert_same(vm.screendump("second"), BOCHS_DISPLAY.shows(pattern(1024, 768, 1)))
