# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's console."""

import numpy as np
import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, OLD_VGA, VGA
from drivers import RELEASE_CONSOLE

# The console's colors in the order of their numbers: black, red, green, brown, blue, magenta, cyan, gray
COLORS = np.array([(0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0),
                   (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170)], dtype=np.uint8)


def lit(shot, row):
    """Whether a row of text, 16 pixels high, has anything in it."""
    return shot[row * 16:row * 16 + 16].any()


def test_console(boot, adapter):
    vm = boot(devices=[adapter.device])
    width, height = (1280, 800) if adapter.edid else (1024, 768)
    # no blinking cursor; clear the screen, write to the last of its rows
    vm.sh("echo 0 >/sys/class/graphics/fbcon/cursor_blink; printf '\\033[2J\\033[?25l' >/dev/tty1")
    vm.wait_screen(lambda shot: not shot.any(), "an empty console")
    last = height // 16
    vm.sh(f"printf '\\033[{last};1HHello' >/dev/tty1")
    shot = vm.wait_screen(lambda shot: lit(shot, last - 1), "a word on the last row")
    assert shot.shape == (height, width, 3)
    assert [row for row in range(last) if lit(shot, row)] == [last - 1]
    assert not shot[:, 8 * len("Hello"):].any()


@pytest.mark.parametrize("adapter, width, height", [
    (BOCHS_DISPLAY, 1024, 768), (CIRRUS, 1280, 1024), (CIRRUS, 1920, 1080)], ids=str)
def test_mode_from_the_command_line(boot, adapter, width, height):
    vm = boot(devices=[adapter.device], append=f"video=Virtual-1:{width}x{height}", fresh=True)
    assert vm.screendump().shape == (height, width, 3)


@pytest.mark.parametrize("depth, red", [(16, 173), (24, 170)])
def test_depth_from_the_command_line(boot, depth, red):
    """The console itself draws in 16 or 24 bits per pixel, whatever the adapter shows."""
    vm = boot(devices=[VGA.device], append=f"video=Virtual-1:1024x768-{depth}", fresh=True)
    assert vm.sh("cat /sys/class/graphics/fb0/bits_per_pixel").strip() == str(depth)
    vm.sh("echo 0 >/sys/class/graphics/fbcon/cursor_blink; printf '\\033[2J\\033[H\\033[?25l\\033[41m\\033[K' >/dev/tty1")
    # VGA's dark red is 170 of 255; at 16 bits per pixel this is 21 of 31, which is 173
    vm.wait_screen(lambda shot: (shot[:16] == (red, 0, 0)).all() and not shot[16:].any(), "a red row")


def show_colors(vm):
    """Write a word, and below it each color over the width of eight characters, and return the screen."""
    bars = np.repeat(COLORS, 8 * 8, axis=0)
    text = "Hello\\n\\r" + "".join(f"\\033[4{color}m        " for color in range(len(COLORS)))
    vm.sh("echo 0 >/sys/class/graphics/fbcon/cursor_blink; "
          f"printf '\\033[2J\\033[H\\033[?25l{text}\\033[0m' >/dev/tty1")
    return vm.wait_screen(lambda shot: lit(shot, 0) and (shot[16:32, :len(bars)] == bars).all(), "bars of colors")


@pytest.mark.debian  # whose kernels have it
@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY, OLD_VGA], ids=str)
def test_colors_are_those_of_bochs(boot, adapter):
    """The screen is the same as with Linux' own driver, whatever the processor's byte order."""
    vm = boot(devices=[adapter.device], load=False, fresh=True)
    vm.sh("modprobe bochs; until test -e /dev/fb0; do :; done")
    theirs = show_colors(vm)
    vm.sh(f"{RELEASE_CONSOLE}; rmmod bochs")
    vm.load()
    show_colors(vm)
    vm.wait_screen(lambda shot: np.array_equal(shot, theirs), "the same as with bochs")


def test_console_comes_back(boot, client, adapter):
    """When the client is gone the console has the screen again."""
    vm = boot(devices=[adapter.device])
    size = vm.screendump().shape
    kms = client(vm)
    kms.fb(1, 640, 480)
    kms.set(1, mode="640x480")
    assert vm.screendump().shape == (480, 640, 3)
    kms.channel.close()
    assert vm.screendump().shape == size
