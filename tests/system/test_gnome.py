# SPDX-License-Identifier: GPL-2.0-or-later
"""GNOME as Debian installs it: the greeter, a session, and what the lock screen and Settings do with the screen.

This takes some ten minutes for each adapter where the processor is emulated.
"""

import re

import pytest

from clients import DEVICES, check_same, share, wait_booted
from desktops import PATIENCE, check_terminal, session, show_pointer, suspend, wait
from systems import IN_SESSION, TABLET, Disk, System

LARGE = {"VGA": (1920, 1080), "cirrus-vga": (1280, 1024)}
# Who asks for pictures of the screen on D-Bus gets them.
UNSAFE = """mkdir -p /etc/systemd/user/org.gnome.Shell@wayland.service.d
printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/gnome-shell --unsafe-mode\\n' \
    >/etc/systemd/user/org.gnome.Shell@wayland.service.d/unsafe.conf
"""
TAKE = (f"{IN_SESSION} busctl --user call org.gnome.Shell /org/gnome/Shell/Screenshot org.gnome.Shell.Screenshot "
        "Screenshot bbs true false /run/user/1000/shot.png >/dev/null && pngtopnm /run/user/1000/shot.png")
POINTER = 40, 600
WINDOW = 28, 28, 31  # a terminal's background


@pytest.fixture(scope="module")
def gnome(package):
    with Disk(desktop="gnome") as disk:
        disk.install(package)
        disk.run(UNSAFE)
        disk.stay_awake()
        yield disk


@pytest.fixture(params=DEVICES)
def system(gnome, request):
    with System(gnome, "newest", request.param, extra=TABLET) as system:
        system.device = request.param
        wait_booted(system)
        yield system


def middle(shot):
    height, width, _ = shot.shape
    return shot[height // 4:height // 2, width * 2 // 5:width * 3 // 5]


def is_blue(part):
    """Debian's wallpaper is blue, the greeter is gray."""
    return (part[..., 2].astype(int) - part[..., 0]).mean() > 40


def is_desktop(shot):
    """The wallpaper goes to the edges."""
    height, width, _ = shot.shape
    return is_blue(shot[height // 2:, :width // 8])


def is_overview(shot):
    height, width, _ = shot.shape
    return is_blue(shot[height // 2:height * 3 // 4, width // 3:width * 2 // 3]) and not is_desktop(shot)


def is_list(shot):
    """The greeter has a user in it, whose picture is small."""
    return 10 < middle(shot).std() < 35 and not is_blue(middle(shot)) and not is_desktop(shot)


def has_avatar(shot):
    """Somebody whose picture is large is asked for a password."""
    return middle(shot).std() > 35


def log_in(system):
    wait(system, is_list, "the list of users")
    system.press("ret")
    give_password(system)


def give_password(system):
    wait(system, has_avatar, "the question for a password")
    system.settled()
    system.type("vgakms\n")


def check(system, but=None):
    """GNOME's own picture has the pointer as well."""
    show_pointer(system, *POINTER)
    return check_same(system, TAKE, PATIENCE, but=but)


def check_resolution(system):
    width, height = LARGE[system.device]
    mode = re.search(rf"{width}x{height}@[0-9.]+", session(system, "gdctl show --modes"))[0]
    session(system, f"gdctl set --logical-monitor --primary --monitor Virtual-1 --mode {mode}")
    wait(system, lambda shot: shot.shape == (height, width, 3) and is_desktop(shot), mode)
    check(system)


def check_blank(system):
    def power(mode):
        session(system, "busctl --user set-property org.gnome.Mutter.DisplayConfig /org/gnome/Mutter/DisplayConfig "
                        f"org.gnome.Mutter.DisplayConfig PowerSaveMode i {mode}")

    power(3)
    wait(system, lambda shot: not shot.any(), "nothing")
    power(0)
    wait(system, is_desktop, "the desktop after it was off")
    # GNOME forgets then which of the pointer's pixels is the point, until another pointer is shown.
    check(system, but=(POINTER[0] - 8, POINTER[1] - 8, 48, 48))


def check_lock(system):
    system.sh("loginctl lock-sessions")
    wait(system, lambda shot: not shot.any(), "nothing, as the screen is locked")
    unlock(system)


def unlock(system):
    """A key wakes the screen, unless it comes too early; another one gets the question, unless it is there."""
    def lit(shot):
        if not shot.any():
            system.press("shift")
        return shot.any()

    wait(system, lit, "a clock")
    if not has_avatar(system.settled()):
        system.press("ret")
    give_password(system)
    wait(system, lambda shot: is_desktop(shot) and share(shot, WINDOW) > 0.05, "the session again")


def check_suspend(system):
    """GNOME locks the screen before."""
    suspend(system)
    unlock(system)


def test_gnome(system):
    system.sh("systemctl start gdm3", timeout=120)
    log_in(system)
    wait(system, is_overview, "the overview")
    system.shot(f"build/shots/gnome-overview-{system.device}.png")
    system.press("esc")
    wait(system, is_desktop, "the desktop")
    check(system)
    check_terminal(system, check, WINDOW, title=20)
    check_resolution(system)
    check_blank(system)
    check_lock(system)
    check_suspend(system)
    system.shot(f"build/shots/gnome-{system.device}.png")
    session(system, "gnome-session-quit --logout --no-prompt")
    wait(system, is_list, "the greeter again")
    system.check()
