# SPDX-License-Identifier: GPL-2.0-or-later
"""What a flush writes to VRAM, counted by QEMU: what has changed, and nothing else."""

import numpy as np
import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, VGA
from kms import timings
from picture import assert_same, pattern
from writes import Writes, find_device

WIDTH, HEIGHT = 1024, 768
BLOCK = 8  # pixels: VRAM is written in multiples of so many
PAGE = 4096


@pytest.fixture(params=[VGA, BOCHS_DISPLAY, CIRRUS], ids=str)
def adapter(request):
    return request.param


@pytest.fixture(name="vm")
def machine(boot, adapter):
    return boot(devices=[adapter.device], **Writes.OPTIONS)


@pytest.fixture
def kms(client, vm):
    """A client that shows one of three framebuffers, of which two are alike."""
    kms = client(vm)
    kms.noise(WIDTH, HEIGHT, 1, 2)
    kms.fb(3, WIDTH, HEIGHT)
    kms.pattern(3, seed=1)
    kms.set(1, mode=timings(WIDTH, HEIGHT))
    return kms


@pytest.fixture
def writes(vm, adapter, kms):
    return Writes(vm, adapter.device)


@pytest.fixture
def cpp(adapter):
    """Bytes per pixel in VRAM."""
    return adapter.depth(WIDTH, HEIGHT) // 8


def pages(first_line, lines, cpp):
    """How many pages so many whole lines are in."""
    pitch = WIDTH * cpp
    return -(-(first_line + lines) * pitch // PAGE) - first_line * pitch // PAGE


def check_quiet(counted):
    """No access to a register, and VRAM is never read."""
    assert (counted.io_reads, counted.io_writes, counted.loads) == (0, 0, 0), counted


def check_nothing(counted):
    check_quiet(counted)
    assert (counted.bytes, counted.pages) == (0, 0), counted


def load_once(vm, writes, adapter):
    """Have a program read a word of VRAM, and return how many loads were counted."""
    # Firmware has done so, where there is any.
    vm.sh(f"echo 1 >/sys/bus/pci/devices/0000:{find_device(vm, adapter.device)[0]}/enable")
    with writes.count() as counted:
        vm.sh(f"busybox devmem {writes.bar:#x} 32")
    return counted.loads


@pytest.mark.parametrize("adapter", [VGA], ids=str)
def test_loads_are_seen(boot, adapter):
    """There are none by the driver, but a count of them if there were any."""
    vm = boot(devices=[adapter.device], load=False, **Writes.OPTIONS)
    assert load_once(vm, Writes(vm, adapter.device), adapter) == 1


@pytest.mark.parametrize("adapter", [VGA], ids=str)
def test_programs_are_left_out(boot, client, adapter):
    """What they load is not counted then. What the driver stores is."""
    vm = boot(devices=[adapter.device], load=False, **Writes.KERNEL_OPTIONS)
    writes = Writes(vm, adapter.device)
    assert load_once(vm, writes, adapter) == 0
    vm.sh("/vgakms/tools/guest-init load")
    kms = client(vm)
    kms.noise(WIDTH, HEIGHT, 1, 2)
    kms.set(1, mode=timings(WIDTH, HEIGHT))
    with writes.count() as counted:
        kms.flip(2)
    check_quiet(counted)
    assert counted.bytes == WIDTH * HEIGHT * 4


def test_nothing_changed(kms, writes):
    """Neither by a flip to a framebuffer of the same content nor by damage that is none."""
    for update in (lambda: kms.flip(3), lambda: kms.dirty(3), lambda: kms.pageflip(1),
                   lambda: kms.dirty(1, clips=[(100, 100, 164, 164)]), lambda: kms.nbflip(3)):
        with writes.count() as counted:
            update()
        check_nothing(counted)


def test_everything_changed(kms, writes, cpp):
    for flip, fb in ((kms.flip, 2), (kms.nbflip, 1), (kms.pageflip, 2)):
        with writes.count() as counted:
            flip(fb)
        check_quiet(counted)
        assert counted.bytes == WIDTH * HEIGHT * cpp
        assert counted.pages == pages(0, HEIGHT, cpp)


def test_some_lines_changed(kms, writes, cpp):
    """5 % of them: a flip costs that much."""
    first, lines = 300, HEIGHT * 5 // 100
    kms.pattern(3, seed=2, rect=(0, first, WIDTH, lines))
    with writes.count() as counted:
        kms.flip(3)
    check_quiet(counted)
    assert counted.bytes == WIDTH * lines * cpp
    assert counted.pages == pages(first, lines, cpp)
    expected = np.zeros(HEIGHT * WIDTH * cpp // 256, int)
    expected[first * WIDTH * cpp // 256:][:lines * WIDTH * cpp // 256] = 256
    blocks = writes.blocks()
    assert (blocks[:len(expected)] == expected).all() and not blocks[len(expected):].any()


def test_a_character(kms, writes, cpp):
    """One cell of a console changes, and all of the screen is said to have."""
    kms.pattern(1, seed=2, rect=(96, 160, 8, 16))
    with writes.count() as counted:
        kms.dirty(1)
    check_quiet(counted)
    assert counted.bytes == 8 * 16 * cpp
    assert counted.pages <= 16


def test_a_pixel_in_each_corner(kms, writes, cpp):
    for x, y in ((0, 0), (WIDTH - 1, 0), (0, HEIGHT - 1), (WIDTH - 1, HEIGHT - 1)):
        kms.pattern(1, seed=2, rect=(x, y, 1, 1))
    with writes.count() as counted:
        kms.dirty(1)
    check_quiet(counted)
    assert counted.bytes == 4 * BLOCK * cpp


def write_text(kms, fb, first_line):
    """A terminal's page that begins with that line of a longer text, as a picture and in a framebuffer."""
    kms.solid(fb, 0)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for row in range(HEIGHT // 16):
        line = first_line + row
        for column in range(line * 37 % 100):
            if (line + column) % 6:  # a letter, else a space
                x, y = column * 8 + 1, row * 16 + 2
                kms.pattern(fb, line, rect=(x, y, 6, 11))
                picture[y:y + 11, x:x + 6] = pattern(6, 11, line, x, y)
    return picture


@pytest.mark.kernels("newest")  # what is written is the same on all
@pytest.mark.pair
def test_text_scrolls(vm, adapter, kms, writes, cpp):
    """Black that stays black is not written, except for a little at the ends of long runs."""
    before, after = write_text(kms, 1, 0), write_text(kms, 2, 1)
    kms.flip(1)
    with writes.count() as counted:
        kms.flip(2)
    check_quiet(counted)
    blocks = (before != after).any(axis=-1).reshape(HEIGHT, WIDTH // BLOCK, BLOCK).any(axis=-1)
    needed = blocks.sum() * BLOCK * cpp
    assert needed <= counted.bytes <= needed * 1.1
    assert_same(vm.screendump(), adapter.shows(after))


def test_mode_set(kms, writes, adapter):
    """Nine accesses to registers; QEMU's traces show two for a write of an index and its data."""
    kms.fb(4, 640, 480)
    with writes.count() as counted:
        kms.set(4, mode="640x480")
    assert counted.loads == 0
    assert counted.io_reads + counted.io_writes == (6 if adapter is BOCHS_DISPLAY else 9)


def test_noise_and_stillness(vm, kms, adapter, writes):
    """Long runs of changes are taken for granted, but never stillness. These changes are no video."""
    for seed in range(5, 9):
        vm.sh("sleep 0.2")
        for fb in (1, 2):
            kms.pattern(fb, seed)
        kms.flip(1)
        assert_same(vm.screendump(), adapter.shows(pattern(WIDTH, HEIGHT, seed)))
        with writes.count() as counted:
            kms.flip(2)
        check_nothing(counted)
        # few changes among much of the same, and the same among many changes
        kms.pattern(2, seed + 10, rect=(200, 200, 9, 1))
        kms.pattern(1, seed + 20)
        kms.pattern(1, seed, rect=(300, 0, 40, HEIGHT))
        expected = pattern(WIDTH, HEIGHT, seed).copy()
        expected[200:201, 200:209] = pattern(9, 1, seed + 10, 200, 200)
        kms.dirty(2)
        assert_same(vm.screendump(), adapter.shows(expected))
        expected = pattern(WIDTH, HEIGHT, seed + 20).copy()
        expected[:, 300:340] = pattern(40, HEIGHT, seed, 300, 0)
        kms.flip(1)
        assert_same(vm.screendump(), adapter.shows(expected))


def test_video(vm, kms, adapter, writes):
    """What keeps changing is not compared, but right; half a second after the end, nothing is written in vain."""
    before = int(counters(vm)["held"])
    kms.loop(20, "flip 2", "flip 1")
    assert int(counters(vm)["held"]) > before
    assert_same(vm.screendump(), adapter.shows(pattern(WIDTH, HEIGHT, 1)))

    # a part of it changes now
    expected = pattern(WIDTH, HEIGHT, 1).copy()
    expected[301:331, 203:245] = pattern(42, 30, 7, 203, 301)
    kms.pattern(1, 7, rect=(203, 301, 42, 30))
    kms.dirty(1, [(203, 301, 245, 331)])
    assert_same(vm.screendump(), adapter.shows(expected))

    kms.loop(20, "flip 2", "flip 1")
    kms.dpms(False)
    assert not vm.screendump().any()
    kms.dpms(True)
    assert_same(vm.screendump(), adapter.shows(expected))

    kms.loop(20, "flip 2", "flip 1")
    vm.sh("sleep 0.5")
    kms.flip(1)
    with writes.count() as counted:
        kms.flip(1)
    check_nothing(counted)
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.kernels("newest")
@pytest.mark.parametrize("adapter, width, height", [
    (CIRRUS, 640, 1200), (CIRRUS.with_vram(8), 640, 2048), (VGA, 1366, 768)], ids=str)
def test_video_of_odd_sizes(vm, client, adapter, width, height):
    """Where the picture lies in two pieces, at 32 bpp as well, or lines end within a block."""
    kms = client(vm)
    kms.noise(width, height, 1, 2)
    kms.pattern(2, seed=2)
    kms.set(1, mode=timings(width, height))
    before = int(counters(vm)["held"])
    kms.loop(20, "flip 2", "flip 1")
    assert int(counters(vm)["held"]) > before
    assert_same(vm.screendump(), adapter.shows(pattern(width, height, 1)))
    kms.flip(2)
    assert_same(vm.screendump(), adapter.shows(pattern(width, height, 2)))


@pytest.mark.kernels("newest")
def test_wake_up(kms, writes, cpp):
    """Switching off writes the screen once, and switching on once more."""
    for on in (False, True):
        with writes.count() as counted:
            kms.dpms(on)
        check_quiet(counted)
        assert counted.bytes == WIDTH * HEIGHT * cpp


# A blob that holds clips has at most 16 MiB.
MANY_CLIPS = (1 << 20) - 1
ALL = (0, 0, WIDTH, HEIGHT)


@pytest.mark.kernels("newest")  # what is written is the same on all
@pytest.mark.parametrize("clip, count", [(ALL, 2), (ALL, 256), (ALL, 257), (ALL, MANY_CLIPS), ((0, 0, 1, 1), MANY_CLIPS),
                                         ((5000, 5000, 6000, 6000), MANY_CLIPS)],
                         ids=["two", "as-DIRTYFB", "more-than-DIRTYFB", "a-million", "a-million-pixels", "a-million-outside"])
def test_damage_over_and_over(vm, kms, adapter, clip, count):
    """However much damage a client reports, at most two screens are compared."""
    kms.pattern(1, seed=2)
    before = int(counters(vm)["compared"])
    kms.flip(1, clips=[clip], repeat=count)
    assert int(counters(vm)["compared"]) - before <= 2 * WIDTH * HEIGHT * 4
    if clip == ALL:
        assert_same(vm.screendump(), adapter.shows(pattern(WIDTH, HEIGHT, 2)))
    # and then it is listened to again
    before = int(counters(vm)["compared"])
    kms.flip(1, clips=[(0, 0, 8, 1)])
    assert int(counters(vm)["compared"]) - before == 8 * 4


def test_dirtyfb_over_and_over(vm, kms, adapter):
    kms.pattern(1, seed=2)
    before = int(counters(vm)["compared"])
    kms.dirty(1, clips=[ALL] * 256)
    assert int(counters(vm)["compared"]) - before <= 2 * WIDTH * HEIGHT * 4
    assert_same(vm.screendump(), adapter.shows(pattern(WIDTH, HEIGHT, 2)))


def test_clips_that_overlap(vm, kms, adapter):
    """What adds up to less than a screen is shown as it was reported."""
    clips = [(16, 10, 200, 300), (104, 100, 600, 200), (304, 50, 312, 700), (16, 10, 200, 300)]
    kms.pattern(1, seed=2)
    expected, new = pattern(WIDTH, HEIGHT, 1).copy(), pattern(WIDTH, HEIGHT, 2)
    for x1, y1, x2, y2 in clips:
        expected[y1:y2, x1:x2] = new[y1:y2, x1:x2]
    kms.flip(1, clips=clips)
    assert_same(vm.screendump(), adapter.shows(expected))


def counters(vm):
    lines = vm.sh("cat /sys/kernel/debug/dri/0/vgakms").splitlines()
    return {name: value for name, value in (line.split(": ") for line in lines)}


def test_counters(vm, kms, writes, adapter, cpp):
    """The driver's own account of it agrees with QEMU's."""
    kms.pattern(3, seed=2, rect=(0, 100, WIDTH, 50))
    kms.fb(4, 640, 480)
    size = WIDTH * HEIGHT * 4
    for update, flushes, uploads, compared, skipped, held in [
            (lambda: kms.flip(3), 1, 0, size, size - WIDTH * 50 * 4, 0),
            (lambda: kms.flip(3), 1, 0, size, size, 0),
            (lambda: kms.flip(2), 1, 0, size, WIDTH * 50 * 4, 0),
            (lambda: kms.dirty(2, clips=[(8, 0, 16, 1), (32, 5, 40, 7)]), 1, 0, 3 * 32, 3 * 32, 0),
            (lambda: kms.dpms(False), 0, 0, 0, 0, 0),
            (lambda: kms.dpms(True), 0, 1, 0, 0, size)]:
        before = counters(vm)
        with writes.count() as counted:
            update()
        after = counters(vm)
        changes = {name: int(after[name]) - int(before[name]) for name in after if name != "scanout"}
        assert changes == {"flushes": flushes, "uploads": uploads, "compared": compared,
                           "skipped": skipped, "held": held, "written": counted.bytes}
    assert counters(vm)["scanout"] == f"{WIDTH}x{HEIGHT}, {cpp * 8} bpp, pitch {WIDTH * cpp} bytes"
