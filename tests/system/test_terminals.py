# SPDX-License-Identifier: GPL-2.0-or-later
"""The text console as it is used: boot, fonts, scrolling, several terminals, the end."""

import numpy as np
import pytest

from clients import DEVICES, check_console, start, start_weston, wait_weston
from systems import Disk, System

FONT = "/usr/share/consolefonts/Uni3-Terminus32x16.psf.gz"
# Nothing else writes to these, and there is no cursor that blinks.
PREPARE = """
systemctl stop getty@tty1 getty@tty2
dmesg -n 1
echo 0 >/sys/class/graphics/fbcon/cursor_blink
for tty in 1 2 3; do printf '\\033c\\033[?25l' >/dev/tty$tty; done
chvt 1
"""
BLOCK = "\\342\\226\\210"  # U+2588
# systemd does this when all is unmounted, and waits for it.
LAST = "This is the end."
AT_THE_END = f"""#!/bin/sh
printf '\\033[0m\\r\\n{LAST}\\r\\n' >/dev/tty1
read answer </dev/ttyS1
"""
SPLASH = "quiet splash plymouth.ignore-serial-consoles"
ALL_DRIVERS = "vgakms,bochs"
# The splash stays until somebody has seen it; systemd would not wait for more than 20 seconds.
WAIT = """[Service]
TimeoutStartSec=infinity
ExecStartPre=/bin/sh -c 'until test -e /run/seen; do sleep 0.2; done'
"""


@pytest.fixture(scope="module", params=DEVICES)
def system(installed, request):
    with System(installed, "newest", request.param) as system:
        system.device = request.param
        check_console(system)
        system.sh(PREPARE)
        yield system


@pytest.fixture(autouse=True)
def check(request):
    yield
    if "system" in request.fixturenames:
        system = request.getfixturevalue("system")
        system.sh("systemctl stop desktop client 2>/dev/null; chvt 1")
        system.check()


def clear(system):
    system.sh("printf '\\033[2J\\033[H' >/dev/tty1")
    system.wait_screen(lambda shot: not shot.any(), "an empty screen")


def write(system, text, tty=1):
    """printf's argument, for an empty screen; returns the picture once that does not change any more"""
    system.sh(f"printf '{text}' >/dev/tty{tty}")
    system.wait_screen(lambda shot: shot.any(), text)
    return system.settled()


def wait_same(system, picture, what):
    system.wait_screen(lambda shot: shot.shape == picture.shape and (shot == picture).all(), what)


def test_fonts(system):
    """A cell of the large font is four times as large, and has the letter that was meant."""
    clear(system)
    cell = write(system, BLOCK)
    rows, columns = cell.any(axis=(1, 2)).nonzero()[0], cell.any(axis=(0, 2)).nonzero()[0]
    assert (len(rows), len(columns)) == (16, 8)
    system.sh(f"setfont -C /dev/tty1 -O /run/font; setfont -C /dev/tty1 {FONT}")
    clear(system)
    large = write(system, BLOCK)
    assert large.any(axis=(1, 2)).sum() == 32 and large.any(axis=(0, 2)).sum() == 16
    # a letter beyond ASCII is not what stands for an unknown one
    clear(system)
    sharp_s = write(system, "\\303\\237")
    clear(system)
    unknown = write(system, "\\341\\232\\240")
    assert sharp_s.any() and (sharp_s != unknown).any()
    system.sh("setfont -C /dev/tty1 /run/font")


def test_scrolling(system):
    """Lines that have moved up look like lines that were written there."""
    clear(system)
    rows = int(system.sh("stty -F /dev/tty1 size").split()[0])
    # the last line is empty: there the cursor is
    written = write(system, "".join(f"\\033[{row};1H{301 - rows + row}" for row in range(1, rows)))
    clear(system)
    system.sh("seq 1 300 >/dev/tty1")
    wait_same(system, written, "lines that have scrolled")


def test_terminals(system):
    """Each has its screen, and a compositor has one as well."""
    clear(system)
    one = write(system, "the first terminal")
    system.sh("chvt 2")
    system.wait_screen(lambda shot: not shot.any(), "an empty terminal")
    two = write(system, "the second", tty=2)
    assert (one != two).any()
    system.sh("chvt 3")
    start_weston(system)
    for vt, picture in ((1, one), (2, two), (1, one)):
        system.sh(f"chvt {vt}")
        wait_same(system, picture, f"terminal {vt}")
    system.sh("chvt 3")
    wait_weston(system)
    system.sh("systemctl stop desktop; chvt 1")
    wait_same(system, one, "terminal 1")


def test_blanking(system):
    clear(system)
    shown = write(system, "here")
    system.sh("TERM=linux setterm --blank force >/dev/tty1 </dev/tty1")
    system.wait_screen(lambda shot: not shot.any(), "a blank screen")
    system.sh("TERM=linux setterm --blank poke >/dev/tty1 </dev/tty1")
    wait_same(system, shown, "the text")


def test_kmscon(system):
    """A console that is a client"""
    clear(system)
    start(system, "client", "kmscon --vt=3 --switchvt --no-drm3d")
    shot = system.wait_screen(lambda shot: 50 < (shot > 64).any(axis=-1).sum() < shot.size // 30, "its text",
                              timeout=90)
    assert "/dev/dri/card0" in system.sh("ls -l /proc/$(pidof kmscon)/fd")
    before = system.settled()
    assert before.shape == shot.shape
    # That gets longer than any line so far, and is no cursor that blinks.
    right = before.any(axis=(0, 2)).nonzero()[0].max() + 1
    system.type("a" * 40)
    system.wait_screen(lambda shot: shot[:, right:].any(), "what is typed")
    system.shot(f"build/shots/kmscon-{system.device}.png")
    system.sh("pgrep -x kmscon")


@pytest.mark.parametrize("device, action", zip(DEVICES, ["poweroff", "reboot"]))
def test_end(installed, device, action):
    """What is written last is to be seen, until devices are shut down."""
    with System(installed, "newest", device, extra=("-no-reboot",)) as system:
        check_console(system)
        system.sh(PREPARE)
        clear(system)
        height = len(system.screendump()) // int(system.sh("stty -F /dev/tty1 size").split()[0])
        expected = write(system, LAST)[:height]
        system.sh("mkdir -p /usr/lib/systemd/system-shutdown && cd /usr/lib/systemd/system-shutdown && "
                  f"cat >last <<'END' && chmod +x last\n{AT_THE_END}END")
        clear(system)
        system.post(f"dmesg -n 8; systemctl {action}")
        system.wait_screen(lambda shot: any((shot[y:y + height] == expected).all()
                                            for y in range(0, len(shot), height)), LAST, timeout=300)
        system.shot(f"build/shots/end-{device}.png")
        system.post("go on")
        system.process.wait(60)


@pytest.fixture(scope="module")
def splash(installed):
    """A disk whose splash stays until somebody has seen it"""
    with Disk(installed) as disk:
        disk.run("plymouth-set-default-theme -R spinner; mkdir /etc/systemd/system/plymouth-quit.service.d && "
                 f"printf '%s' \"{WAIT}\" >/etc/systemd/system/plymouth-quit.service.d/wait.conf")
        yield disk


def check_splash(system, screen):
    """A wheel turns in the middle, and plymouth has that file open. Returns the first picture."""
    first = system.wait_screen(lambda shot: shot.any(), "the splash", timeout=60)
    assert screen in system.sh("ls -l /proc/$(pidof plymouthd)/fd")
    moving = (system.wait_screen(lambda shot: (shot != first).any(), "an animation") != first).any(axis=-1)
    assert abs(np.nonzero(moving.any(axis=0))[0].mean() - first.shape[1] / 2) < 40
    return first


@pytest.mark.parametrize("device", DEVICES)
def test_splash(splash, device):
    """plymouth has the screen from the initramfs on, and then there is the console."""
    with System(splash, "newest", device, append=SPLASH) as system:
        check_splash(system, "/dev/dri/card0")
        system.shot(f"build/shots/splash-{device}.png")
        system.sh("touch /run/seen")
        check_console(system)
        system.check()


def test_splash_is_first(splash):
    """plymouth has firmware's screen. When vgakms comes it goes on there, in the preferred mode."""
    with System(splash, "newest", "VGA", append=f"{SPLASH} vga=0x343 modprobe.blacklist={ALL_DRIVERS}") as system:
        before = check_splash(system, "/dev/fb0")
        assert before.shape == (600, 800, 3) and not system.driver()
        system.sh("modprobe vgakms")
        system.wait_screen(lambda shot: shot.shape != before.shape, "another mode", timeout=60)
        check_splash(system, "/dev/dri/card0")
        system.shot("build/shots/splash-after.png")
        system.check()
