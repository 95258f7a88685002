# SPDX-License-Identifier: GPL-2.0-or-later
"""What there is on the screen of a whole system: the login prompt, and the driver's clients."""

import hashlib
import re
import time

import numpy as np

from vm import GuestError

# Whole systems are tested with these.
DEVICES = ["VGA", "cirrus-vga"]
WESTON_SHOT = "cd $(mktemp -d) && weston-screenshooter >/dev/null && pngtopnm *.png"
BACKGROUND = 0x30, 0x50, 0x70
WESTON = """
[core]
idle-time=0
[libinput]
accel-profile=flat
[shell]
panel-position=none
background-color=0xff305070
animation=none
startup-animation=none
close-animation=none
"""


def wait_booted(system):
    system.sh("systemctl is-system-running --wait; udevadm settle", timeout=300)


def check_console(system):
    """The login prompt is on the screen, and what is typed there."""
    system.wait_screen(lambda shot: (shot > 64).any(), "the console", timeout=120)
    wait_booted(system)  # until then Debian may change the font
    # What the kernel says, and a cursor that blinks, would keep the picture from settling.
    prompt = system.sh("dmesg -n 1; systemctl stop getty@tty1; printf '\\033c' >/dev/tty1; systemctl start getty@tty1; "
                       "until grep -abo 'login:' /dev/vcs1; do sleep 0.2; done; stty -F /dev/tty1 size; "
                       "echo 0 >/sys/class/graphics/fbcon/cursor_blink", timeout=120)
    position, lines, columns = map(int, re.fullmatch(r"(\d+):login:\s+(\d+) (\d+)\s+", prompt).groups())

    def line(shot):
        """That of the prompt"""
        height = len(shot) // lines
        return shot[position // columns * height:][:height]

    system.wait_screen(lambda shot: line(shot).any(), "the prompt")
    before = system.settled()
    for _ in range(5):  # what is typed may get lost while the prompt comes up
        system.press("ctrl", "u")
        system.type("hello")
        if system.sh("for i in $(seq 30); do grep -a 'login: hello' /dev/vcs1 && break; sleep 0.2; done; true"):
            break
    else:
        raise GuestError("what is typed does not arrive")
    system.wait_screen(lambda shot: (line(shot) != line(before)).any(), "what is typed")
    changed = (system.settled() != before).any(axis=2)
    # five letters on one line, and the cursor
    ys, xs = changed.nonzero()
    assert ys.max() - ys.min() < 32 and xs.max() - xs.min() < 8 * 12


def start(system, unit, command, **environment):
    """Start a program that goes on, as a service."""
    settings = " ".join(f"--setenv={name}={value}" for name, value in environment.items())
    system.sh(f"systemctl stop {unit}.service 2>/dev/null; "
              f"systemd-run --quiet --collect --unit={unit} --working-directory=/tmp {settings} {command}")


def wayland(system, unit, command, **environment):
    """Start a compositor, or one of its clients."""
    system.sh("systemctl start seatd; mkdir -p -m 700 /run/wayland")
    start(system, unit, command, XDG_RUNTIME_DIR="/run/wayland", LIBSEAT_BACKEND="seatd", LC_ALL="C.UTF-8",
          **environment)


def start_weston(system, options="", devices=(None,)):
    """Start Weston without anything but a background, and wait until that is on the screens of these devices."""
    system.sh(f"mkdir -p /etc/xdg/weston; printf %s '{WESTON}' >/etc/xdg/weston/weston.ini")
    wayland(system, "desktop", f"weston --backend=drm --renderer=pixman --debug --socket=wayland-0 {options}")
    for device in devices:
        wait_weston(system, device)


def wait_weston(system, device=None):
    system.wait_screen(lambda shot: share(shot, BACKGROUND) > 0.9, "Weston", timeout=90, device=device)


def share(shot, color):
    return np.mean((shot == color).all(axis=-1))


def check_same(system, command, timeout=60, devices=(None,), but=None):
    """Have a client take a picture of the screen, until it is what QEMU shows: the screen may just be changing.

    If the desktop is on several devices, their screens are side by side. but is a part that may differ: its left and
    upper edge, width and height.
    """
    if but:
        left, top, width, height = but
        command = f"ppmmake black {width} {height} >/run/black.ppm; {command} | pnmpaste /run/black.ppm {left} {top}"
    deadline = time.monotonic() + timeout
    while True:
        theirs = system.sh(f"export XDG_RUNTIME_DIR=/run/wayland WAYLAND_DISPLAY=wayland-0; "
                           f"({command}) | sha256sum").split()[0]
        shot = np.concatenate([system.screendump(device) for device in devices], axis=1)
        seen = shot.copy()
        if but:
            seen[top:top + height, left:left + width] = 0
        ppm = b"P6\n%d %d\n255\n" % (shot.shape[1], shot.shape[0]) + seen.tobytes()
        if hashlib.sha256(ppm).hexdigest() == theirs:
            return shot
        assert time.monotonic() < deadline, f"the screen does not show what {command} has"
