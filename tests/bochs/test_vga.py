# SPDX-License-Identifier: GPL-2.0-or-later
"""Bochs' own VGA, which has its registers in I/O ports only. The tests share a machine, and the last one panics."""

import re
import time

import numpy as np
import pytest

from adapters import VGA
from drivers import RELEASE_CONSOLE
from kms import timings
from picture import cut565, pattern, show
from qr import kernel_log_on
from screen import check_picture, load
from vm import ClientError

EXTENSION = "vbe"

# What Bochs can show, by its documentation
LARGEST = (2560, 1600)
# VGA's colors as Bochs shows them: it adds no bits below the six that a register has.
BLUE, YELLOW = (0, 0, 42 << 2), (63 << 2, 63 << 2, 21 << 2)
CONSOLE_WANTED = "/sys/module/drm_kms_helper/parameters/fbdev_emulation"


def lit(shot):
    """The rows of text that have anything in them"""
    return [row for row in range(len(shot) // 16) if shot[row * 16:row * 16 + 16].any()]


@pytest.fixture
def text(bochs):
    """More lines than there is room for, in colors: how they look with their last word, which blinks, and without."""
    def is_on(shot):
        return shot.shape == (400, 720, 3) and (shot == BLUE).all(axis=-1).any() and (shot == YELLOW).all(axis=-1).any()

    bochs.sh("echo 1 >/sys/class/vtconsole/vtcon0/bind; printf '\\033[?25l' >/dev/tty0; seq 100 >/dev/tty0; "
             "printf '\\033[5;1;33;44mHello\\033[0m' >/dev/tty0")
    on = bochs.wait_screen(is_on, "yellow on blue")
    return on, bochs.wait_screen(lambda shot: (shot != on).any(), "the word to vanish")


def test_text_is_back(bochs, text):
    """Characters, font, colors and pitch are those of before, twice in a row."""
    for _ in range(2):
        bochs.load()
        bochs.wait_screen(lambda shot: shot.shape == (768, 1024, 3), "the console of vgakms")
        bochs.sh(f"{RELEASE_CONSOLE}; rmmod vgakms")
        for picture in text:
            check_picture(bochs, picture)
        assert "vgakms" not in bochs.sh("cat /proc/ioports /proc/iomem")


def test_text_stays(bochs, text):
    """Without a console, what saves the text leaves it as it was, and so does unloading."""
    bochs.sh(f"echo 0 >{CONSOLE_WANTED}")
    bochs.load()
    for picture in (*text, text[0]):
        check_picture(bochs, picture)
    bochs.unload()
    for picture in (text[1], *text):
        check_picture(bochs, picture)
    bochs.sh(f"echo 1 >{CONSOLE_WANTED}")


def test_binds(loaded):
    assert "VGA, 16 MiB VRAM, registers in I/O ports, up to 2560x1600 at 32 bpp" in loaded.boot_log()
    assert re.search("01ce-01cf : vgakms", loaded.sh("cat /proc/ioports"))


def test_console(loaded):
    """A word on the last row, and nothing else"""
    loaded.sh("echo 0 >/sys/class/graphics/fbcon/cursor_blink; printf '\\033[2J\\033[?25l' >/dev/tty1")
    loaded.wait_screen(lambda shot: shot.shape == (768, 1024, 3) and not shot.any(), "an empty console")
    loaded.sh("printf '\\033[48;1HHello' >/dev/tty1")
    shot = loaded.wait_screen(lambda shot: shot.any(), "a word")
    assert lit(shot) == [47]
    assert not shot[:, 8 * len("Hello"):].any()


def test_modes(loaded, kms):
    """No mode is larger than Bochs can show; the largest one is right."""
    sizes = {(mode.width, mode.height) for mode in kms.modes()}
    assert len(sizes) >= 15
    assert (np.array([*sizes]) <= LARGEST).all()
    largest = max(sizes)
    check_picture(loaded, show(kms, 1, f"{largest[0]}x{largest[1]}"))


@pytest.mark.parametrize("width, height", [(2568, 1600), (2560, 1601), (3840, 2160)])
def test_too_large(loaded, kms, width, height):
    """A mode that Bochs would not set is refused, and the picture stays."""
    expected = show(kms, 1, "800x600")
    kms.fb(2, width, height)
    with pytest.raises(ClientError, match="EINVAL"):
        kms.set(2, mode=timings(width, height))
    check_picture(loaded, expected)


@pytest.mark.parametrize("code", ["XR24", "RG24", "RG16"])
@pytest.mark.parametrize("width, height", [(640, 480), (1280, 1024), (1366, 768)])
def test_picture(loaded, kms, code, width, height):
    """What a client draws with 32, 24 or 16 bits, and a part of it that changes"""
    def shows(picture):
        return VGA.shows(cut565(picture) if code == "RG16" else picture)

    kms.fb(1, width, height, format=code)
    kms.pattern(1, seed=1, junk=2)
    kms.set(1, mode=timings(width, height))
    expected = pattern(width, height, 1).copy()
    check_picture(loaded, shows(expected))
    kms.pattern(1, seed=3, rect=(150, 99, 37, 41))
    kms.flip(1, clips=[(150, 99, 187, 140)])
    expected[99:140, 150:187] = pattern(37, 41, 3, 150, 99)
    check_picture(loaded, shows(expected))


def test_blank(loaded, kms):
    """The screen is black, then the picture is there again, and so is one that was drawn meanwhile."""
    kms.noise(800, 600, 1, 2)
    kms.set(1, mode="800x600")
    check_picture(loaded, pattern(800, 600, 1))
    kms.active(False)
    loaded.wait_screen(lambda shot: not shot.any(), "black")
    kms.active(True)
    check_picture(loaded, pattern(800, 600, 1))
    kms.asleep(2, mode="800x600")
    kms.active(True)
    check_picture(loaded, pattern(800, 600, 2))


def test_panic(machine, tmp_path):
    """A phone can read the log from the screen."""
    load(machine)
    machine.post("echo c >/proc/sysrq-trigger")
    machine.wait_log("---\\[ end Kernel panic")
    deadline = time.monotonic() + 60
    log = ""
    while not log:
        assert time.monotonic() < deadline, "no QR code on the screen"
        machine.shot(tmp_path / "panic.png")
        log = kernel_log_on(tmp_path / "panic.png")
    assert "sysrq_handle_crash" in log
