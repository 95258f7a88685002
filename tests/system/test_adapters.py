# SPDX-License-Identifier: GPL-2.0-or-later
"""Two adapters in one machine, and one desktop on the screens of both."""

import time

import pytest

from clients import BACKGROUND, WESTON_SHOT, check_same, share, start_weston, wait_booted, wayland
from systems import System

WIDTH, HEIGHT = 1280, 800
# From left to right: Weston has the additional card first.
SCREENS = "second", "first"


@pytest.fixture
def system(installed):
    with System(installed, "newest", "VGA,id=first",
                extra=("-device", "secondary-vga,id=second", "-device", "virtio-mouse-pci")) as system:
        wait_booted(system)
        yield system
        system.check()


def window(shot):
    """The left and upper edge of what is on the background, unless that is only the pointer"""
    rows, columns = (shot != BACKGROUND).any(axis=-1).nonzero()
    return (int(columns.min()), int(rows.min())) if rows.size > 5000 else None


def where(system):
    """The screen that has the window, or None"""
    return next((name for name in SCREENS if window(system.screendump(name))), None)


def wait_window(system, timeout=90):
    """Weston chooses the screen."""
    deadline = time.monotonic() + timeout
    while not where(system):
        assert time.monotonic() < deadline, "no window on either screen"
        system.sh("sleep 0.2")


def drag_across(system):
    """Drag the window on one screen to the other one, by its title, until it has left the first one."""
    screen = where(system)
    other = SCREENS[1 - SCREENS.index(screen)]
    before = system.screendump(screen)
    x, y = window(before)[0] + 150, window(before)[1] + 12
    system.move(-4 * WIDTH, -4 * HEIGHT)  # into the upper left corner of all
    system.move(SCREENS.index(screen) * WIDTH + x, y)
    system.wait_screen(lambda shot: (shot != before)[y:y + 16, x:x + 16].any(), "the pointer", device=screen)
    step = 20 if other == SCREENS[1] else -20

    def left(shot):
        system.move(step, 0)
        return not window(shot)

    system.button(True)
    try:
        system.wait_screen(left, "the window on the other screen", timeout=120, device=screen)
    finally:
        system.button(False)
    assert where(system) == other


def test_weston(system):
    """A window moves from one screen to the other. Then one adapter is unplugged, and the other one goes on."""
    start_weston(system, "--additional-devices=card1", SCREENS)
    check_same(system, WESTON_SHOT, devices=SCREENS)
    wayland(system, "client", "foot --font=monospace:size=10 --window-size-pixels=400x200 cat",
            WAYLAND_DISPLAY="wayland-0")
    wait_window(system)
    drag_across(system)
    check_same(system, WESTON_SHOT, devices=SCREENS)
    if where(system) == "second":
        drag_across(system)
    system.shot("build/shots/two-adapters.png", "first")

    system.qmp("device_del", id="second")
    system.wait_event("DEVICE_DELETED")
    before = system.screendump("first")
    system.type("hello\n")
    system.wait_screen(lambda shot: (shot != before).sum() > 100, "what is typed", device="first")
    assert window(system.screendump("first")) == window(before)
