# SPDX-License-Identifier: GPL-2.0-or-later
"""KDE Plasma: a session, what its lock screen and Settings do with the screen, and the next session by sddm's greeter.

KWin flips atomically, or with legacy calls if KWIN_DRM_NO_AMS=1 says so. Each run takes some ten minutes where the
processor is emulated.
"""

import re

import pytest

from clients import check_same, share, wait_booted
from desktops import PATIENCE, check_terminal, session, show_pointer, suspend, wait
from systems import IN_SESSION, TABLET, Disk, System

LARGE = {"VGA": (1920, 1080), "cirrus-vga": (1280, 1024)}
FLIPS = {"atomic": "ATOMIC", "legacy": "PAGE_FLIP"}  # the names of their ioctls
POINTER = 300, 60
WINDOW = 35, 38, 39  # a terminal's background
# Who asks KWin for pictures of the screen gets them.
SETTINGS = r"""mkdir -p /etc/systemd/user/plasma-kwin_wayland.service.d
printf '[Service]\nEnvironment=KWIN_SCREENSHOT_NO_PERMISSION_CHECKS=1 {}\n' \
    >/etc/systemd/user/plasma-kwin_wayland.service.d/test.conf
"""
# KWin writes lines of blue, green, red and alpha to a pipe, and busctl prints what size they have.
TAKE = (f"{IN_SESSION} busctl --user --json=short call org.kde.KWin /org/kde/KWin/ScreenShot2 "
        "org.kde.KWin.ScreenShot2 CaptureWorkspace 'a{sv}h' 0 3 3>&1 >/run/shot | "
        "python3 /run/convert.py")
CONVERT = """
import json
import sys
data = sys.stdin.buffer.read()
reply = json.load(open("/run/shot"))["data"][0]
size = reply["width"]["data"], reply["height"]["data"]
assert len(data) == 4 * size[0] * size[1]
rgb = bytearray(len(data) // 4 * 3)
for channel in range(3):
    rgb[channel::3] = data[2 - channel::4]
sys.stdout.buffer.write(b"P6\\n%d %d\\n255\\n" % size + rgb)
"""


@pytest.fixture(scope="module")
def plasma(package):
    with Disk(desktop="plasma") as disk:
        disk.install(package)
        disk.log_in()
        yield disk


@pytest.fixture(params=[("VGA", "atomic"), ("VGA", "legacy"), ("cirrus-vga", "atomic")], ids="-".join)
def system(plasma, request):
    device, calls = request.param
    with System(plasma, "newest", device, extra=TABLET) as system:
        system.device, system.calls, system.id = device, calls, "-".join(request.param)
        wait_booted(system)
        system.sh(SETTINGS.format("KWIN_DRM_NO_AMS=1" if calls == "legacy" else ""))
        system.sh(f"cat >/run/convert.py <<'END'\n{CONVERT}\nEND")
        yield system


def is_desktop(shot):
    """The panel at the lower edge is light."""
    height, width, _ = shot.shape
    return shot[height - 40:height - 16, width // 3:width * 2 // 3].min() > 150


def is_session(shot):
    """On the desktop is a terminal."""
    return is_desktop(shot) and share(shot, WINDOW) > 0.05


def is_question(shot):
    """In the middle is a white field for a password."""
    height, width, _ = shot.shape
    return not is_desktop(shot) and (shot[height // 2:height * 3 // 4, width // 3:width * 2 // 3] > 230).all(
        axis=-1).mean() > 0.02


def check(system):
    """KWin's picture has no pointer. That is black with a white edge, and in front of light purple here."""
    x, y = POINTER
    left, top, width, height = part = x - 8, y - 8, 48, 48
    show_pointer(system, x, y)
    wait(system, lambda shot: (shot[top:top + height, left:left + width] < 40).all(axis=-1).sum() > 20, "the pointer")
    return check_same(system, TAKE, PATIENCE, but=part)


def settings(system, words):
    """Plasma's program for screens hangs now and then, and is called again."""
    session(system, f"sh -c 'for i in 1 2 3 4; do timeout 100 kscreen-doctor {words} && exit; done; exit 1'")


def check_calls(system):
    """DRM writes down all ioctls while KWin shows what is typed."""
    before = system.settled()
    system.sh("echo 1 >/sys/module/drm/parameters/debug")
    system.type("x")
    wait(system, lambda shot: (shot != before).any(), "what is typed")
    system.sh("echo 0 >/sys/module/drm/parameters/debug")
    called = set(re.findall(r"DRM_IOCTL_MODE_(\w+)", system.sh("dmesg")))
    assert called & set(FLIPS.values()) == {FLIPS[system.calls]}


def check_resolution(system):
    width, height = LARGE[system.device]
    settings(system, f"output.Virtual-1.mode.{width}x{height}@60")
    wait(system, lambda shot: shot.shape == (height, width, 3) and is_desktop(shot), f"{width}x{height}")
    check(system)


def check_blank(system):
    settings(system, "--dpms off")
    wait(system, lambda shot: not shot.any(), "nothing")
    settings(system, "--dpms on")
    wait(system, is_desktop, "the desktop after it was off")
    check(system)


def check_lock(system):
    system.sh("loginctl lock-sessions")
    wait(system, lambda shot: shot.any() and not is_desktop(shot), "the lock screen")

    def is_asked(shot):
        # A letter gets the question; it may come too early.
        if not is_question(shot):
            system.press("a")
            system.sh("sleep 8")
        return is_question(shot)

    wait(system, is_asked, "the question for a password")
    system.shot(f"build/shots/plasma-lock-{system.id}.png")
    # what is in the field is replaced
    system.press("ctrl", "a")
    system.type("vgakms\n")
    wait(system, is_session, "the session again")
    check(system)


def check_suspend(system):
    suspend(system)
    wait(system, is_desktop, "the desktop after a suspend")
    check(system)


def check_log_out(system):
    """There is a greeter then, which asks for a password, and gets it."""
    session(system, "qdbus6 org.kde.Shutdown /Shutdown org.kde.Shutdown.logout")
    system.sh("while pgrep -x kwin_wayland; do sleep 0.5; done", timeout=PATIENCE)
    wait(system, is_question, "the greeter")
    system.settled()
    system.shot(f"build/shots/plasma-greeter-{system.id}.png")
    system.type("vgakms\n")
    # Plasma starts the terminal again, and may animate something for minutes before it is idle.
    wait(system, is_session, "the session again")
    check(system)


def test_plasma(system):
    system.sh("systemctl start sddm", timeout=120)
    wait(system, is_desktop, "the desktop")
    # its start goes on
    system.wait_idle(PATIENCE)
    check(system)
    check_terminal(system, check, WINDOW, title=60)
    check_calls(system)
    check_resolution(system)
    check_blank(system)
    check_lock(system)
    check_suspend(system)
    system.shot(f"build/shots/plasma-{system.id}.png")
    check_log_out(system)
    system.check()
