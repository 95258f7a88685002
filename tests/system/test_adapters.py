# SPDX-License-Identifier: GPL-2.0-or-later
"""Two adapters in one machine: one desktop on the screens of both, or a seat with a desktop at each."""

import time

import pytest

from clients import (BACKGROUND, WESTON, WESTON_SHOT, check_same, start, start_weston, wait_booted, wait_weston,
                     wayland)
from systems import System

WIDTH, HEIGHT = 1280, 800
# From left to right: Weston has the additional card first.
SCREENS = "second", "first"
# QEMU's documentation has this bridge: what is behind it is a seat of its own, for which udev has rules.
SECOND_SEAT = [word for device in (
    "pci-bridge-seat,id=seat,chassis_nr=1", "secondary-vga,bus=seat,addr=02.0,id=second",
    "nec-usb-xhci,bus=seat,addr=0f.0,id=usb", "usb-kbd,bus=usb.0,port=1,display=second",
) for word in ("-device", device)]


@pytest.fixture(params=["secondary-vga", "virtio-gpu-pci"])
def system(installed, request):
    """Two of this driver's adapters, or one beside another driver's"""
    with System(installed, "newest", "VGA,id=first",
                extra=("-device", f"{request.param},id=second", "-device", "virtio-mouse-pci")) as system:
        system.can_unplug = request.param != "virtio-gpu-pci"  # QEMU refuses
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
    """A window moves from one screen to the other."""
    # Which driver comes first is chance.
    card = system.sh("for card in /sys/class/drm/card?; do grep -qsx 1 $card/device/boot_vga || basename $card; done").strip()
    start_weston(system, f"--additional-devices={card}", SCREENS)
    check_same(system, WESTON_SHOT, devices=SCREENS)
    wayland(system, "client", "foot --font=monospace:size=10 --window-size-pixels=400x200 cat",
            WAYLAND_DISPLAY="wayland-0")
    wait_window(system)
    drag_across(system)
    check_same(system, WESTON_SHOT, devices=SCREENS)
    if where(system) == "second":
        drag_across(system)
    system.shot("build/shots/two-adapters.png", "first")
    if system.can_unplug:
        check_unplug(system)


def check_unplug(system):
    """One adapter is unplugged, and the desktop goes on with the other one, where the window is."""
    system.qmp("device_del", id="second")
    system.wait_event("DEVICE_DELETED")
    before = system.screendump("first")
    system.type("hello\n")
    system.wait_screen(lambda shot: (shot != before).sum() > 100, "what is typed", device="first")
    assert window(system.screendump("first")) == window(before)


def start_seat(system, device, seat, terminal=""):
    """Log somebody in at a seat. Weston starts there, and a terminal in it."""
    system.sh(f"systemd-run --quiet --collect --unit={device} -p PAMName=login -p User=user {terminal} "
              f"--setenv=XDG_SEAT={seat} --setenv=XDG_SESSION_TYPE=wayland --setenv=XDG_SESSION_CLASS=user "
              "--setenv=LIBSEAT_BACKEND=logind "
              f"weston --backend=drm --seat={seat} --renderer=pixman --socket=wayland-{device}")
    wait_weston(system, device)
    start(system, f"terminal-{device}", "runuser -u user -- env XDG_RUNTIME_DIR=/run/user/1000 LC_ALL=C.UTF-8 "
          f"WAYLAND_DISPLAY=wayland-{device} foot cat")
    system.wait_screen(window, "a terminal", timeout=90, device=device)


def check_keyboard(system, device, other):
    """A key pressed there is seen there, and only there."""
    before, others = system.screendump(device), system.screendump(other)
    for down in (True, False):
        system.qmp("input-send-event", device=device,
                   events=[{"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": "w"}}}])
    system.wait_screen(lambda shot: (shot != before).any(), "a letter", device=device)
    assert (system.screendump(other) == others).all()


def test_two_seats(installed):
    """Somebody at each screen, with a keyboard"""
    with System(installed, "newest", "VGA,id=first", extra=SECOND_SEAT) as system:
        wait_booted(system)
        system.sh(f"mkdir -p /etc/xdg/weston; printf %s '{WESTON}' >/etc/xdg/weston/weston.ini")
        second, = system.sh("loginctl list-seats --no-legend | grep -o '^seat-\\S*'").split()
        # Only seat0 has terminals.
        system.sh("chvt 7")
        start_seat(system, "first", "seat0", "-p TTYPath=/dev/tty7 -p StandardInput=tty-force --setenv=XDG_VTNR=7")
        start_seat(system, "second", second)
        system.wait_idle()
        check_keyboard(system, "second", "first")
        check_keyboard(system, "first", "second")
        system.check()
