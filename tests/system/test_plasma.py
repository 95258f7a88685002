# SPDX-License-Identifier: GPL-2.0-or-later
"""KDE Plasma as Debian installs it: sddm's greeter, a session, and what Plasma does with the screen.

KWin flips without saying what has changed. This takes some ten minutes where the processor is emulated.
"""

import pytest

from clients import check_same, share, start, wait_booted
from systems import IN_SESSION, Disk, System

TABLET = ("-device", "virtio-tablet-pci")
PATIENCE = 500
# Whoever logs in gets Plasma, and no time is spent on animations.
SETTINGS = """mkdir -p /etc/sddm.conf.d /var/lib/sddm
printf '[Theme]\\nCurrent=breeze\\n' >/etc/sddm.conf.d/20-theme.conf
printf '[Last]\\nUser=user\\nSession=/usr/share/wayland-sessions/plasma.desktop\\n' >/var/lib/sddm/state.conf
printf '[KDE]\\nAnimationDurationFactor=0\\n' >>/etc/xdg/kdeglobals
"""
# KWin then drives adapters by the calls that are older than atomic mode setting.
LEGACY = """mkdir -p /etc/xdg/plasma-workspace/env
echo export KWIN_DRM_NO_AMS=1 >/etc/xdg/plasma-workspace/env/legacy.sh
"""
TAKE = (f"rm -f /run/user/1000/shot.png; {IN_SESSION} spectacle --background --nonotify --fullscreen --pointer "
        "--output /run/user/1000/shot.png && pngtopnm /run/user/1000/shot.png")
WINDOW = 35, 38, 41  # a terminal's background


@pytest.fixture(scope="module")
def plasma(package):
    with Disk(desktop="plasma") as disk:
        disk.install(package)
        disk.run(SETTINGS)
        yield disk


def session(system, command):
    return system.sh(IN_SESSION + command, timeout=PATIENCE)


def wait(system, wanted, what):
    return system.wait_screen(wanted, what, timeout=PATIENCE)


def window(shot):
    """Where the terminal begins: the left and upper edge of its text"""
    rows, columns = (shot == WINDOW).all(axis=-1).nonzero()
    return int(columns.min()), int(rows.min())


def has_window(shot):
    return share(shot, WINDOW) > 0.1


def check_terminal(system):
    """A terminal is typed into, and moved by its title."""
    start(system, "client", IN_SESSION + system.disk.desktop.terminal)
    wait(system, has_window, "a terminal")
    system.wait_idle()
    before = check_same(system, TAKE, PATIENCE)
    system.type("ls\n")
    wait(system, lambda shot: (shot != before).any(axis=-1).sum() > 300, "what is typed")
    left, top = window(check_same(system, TAKE, PATIENCE))
    system.drag((left + 200, top - 70), (left + 280, top - 10), lambda shot: window(shot) != (left, top))
    wait(system, lambda shot: window(shot)[1] - top > 30, "the terminal further down")
    check_same(system, TAKE, PATIENCE)


def check_resolution(system, width=1920, height=1080):
    session(system, f"kscreen-doctor output.1.mode.{width}x{height}@60")
    wait(system, lambda shot: shot.shape == (height, width, 3) and has_window(shot), f"{width}x{height}")
    system.wait_idle()
    check_same(system, TAKE, PATIENCE)


def check_blank(system):
    session(system, "kscreen-doctor --dpms off")
    wait(system, lambda shot: not shot.any(), "nothing")
    session(system, "kscreen-doctor --dpms on")
    wait(system, has_window, "the desktop after it was off")
    check_same(system, TAKE, PATIENCE)


def check_lock(system):
    system.sh("loginctl lock-sessions")
    wait(system, lambda shot: shot.any() and not has_window(shot), "the lock screen")
    system.wait_idle()
    system.shot("build/shots/plasma-lock.png")
    system.press("shift")
    system.wait_idle()
    system.type("vgakms\n")
    wait(system, has_window, "the session again")


def log_in(system):
    system.sh("systemctl start sddm", timeout=120)
    wait_greeter(system)
    system.type("vgakms\n")
    system.sh("until pgrep -u user plasmashell; do sleep 0.5; done", timeout=PATIENCE)
    system.wait_idle(PATIENCE)


def wait_greeter(system):
    system.sh("until pgrep -u sddm sddm-greeter; do sleep 0.5; done", timeout=PATIENCE)
    wait(system, lambda shot: shot.std() > 15, "the greeter")
    system.wait_idle()


def test_plasma(plasma):
    with System(plasma, "newest", "VGA", extra=TABLET) as system:
        wait_booted(system)
        log_in(system)
        check_same(system, TAKE, PATIENCE)
        check_terminal(system)
        check_resolution(system)
        check_blank(system)
        check_lock(system)
        system.shot("build/shots/plasma.png")
        session(system, "busctl --user call org.kde.Shutdown /Shutdown org.kde.Shutdown logout")
        wait_greeter(system)
        system.check()


def test_legacy(plasma):
    """KWin without atomic mode setting"""
    with Disk(plasma) as disk:
        disk.run(LEGACY)
        disk.log_in()
        with System(disk, "newest", "VGA", extra=TABLET) as system:
            wait_booted(system)
            system.start_desktop()
            system.wait_desktop()
            information = session(system, "busctl --user call org.kde.KWin /KWin org.kde.KWin supportInformation")
            assert "Atomic Mode Setting on GPU 0: false" in information
            check_terminal(system)
            check_resolution(system)
            check_blank(system)
            system.shot("build/shots/plasma-legacy.png")
            system.check()
