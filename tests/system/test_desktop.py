# SPDX-License-Identifier: GPL-2.0-or-later
"""Desktops and other clients as users have them, with a keyboard and a pointer.

What a client says the screen shows has to be, pixel by pixel, what QEMU shows.
"""

import itertools
import json
import time

import numpy as np
import pytest

from clients import DEVICES, WESTON_SHOT, check_same, share, start, start_weston, wait_booted, wayland
from systems import TABLET, System, has_panel

# The pointer waits in the upper left corner, on so many lines and columns.
POINTER = 40
SIZES = {"VGA": (1280, 800), "cirrus-vga": (1024, 768)}

LABWC_SHOT = "grim -c -t ppm -"
XFCE_SHOT = "xwd -root -silent | xwdtopnm 2>/dev/null | pamdepth 255 2>/dev/null"

SDL = """
import pygame
pygame.display.init()
pygame.mouse.set_visible({pointer})
screen = pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
assert pygame.display.get_driver() == 'KMSDRM'
screen.fill((20, 40, 60))
screen.fill((200, 100, 50), (100, 50, 300, 200))
pygame.display.flip()
while pygame.event.wait().type != pygame.QUIT:
    pass
"""
# SDL's pointer is not larger, wherever in it the point is.
SDL_POINTER = 32


@pytest.fixture(scope="module", params=DEVICES)
def system(installed, request):
    with System(installed, "newest", request.param, extra=TABLET) as system:
        system.device = request.param
        wait_booted(system)
        yield system


@pytest.fixture(autouse=True)
def check(system):
    yield
    system.sh("systemctl stop client.service desktop.service lightdm.service 2>/dev/null; true")
    system.check()


def corner(shot, background):
    """The left and upper edge of the window on a plain background, but for where the pointer waits."""
    other = (shot != background).any(axis=-1)
    other[:POINTER, :POINTER] = False
    rows, columns = other.nonzero()
    return int(columns.min()), int(rows.min())


def check_window(system, take):
    """A terminal opens, is typed into, is moved and is closed."""
    # Linux does not tell a client that has just started where the pointer is, only that it moves.
    places = itertools.cycle(((15, 5), (5, 5)))

    def away(shot):
        system.point(*next(places))
        other = (shot != shot[-1, -1]).any(axis=-1)
        return other.any() and not other[POINTER:].any() and not other[:, POINTER:].any()

    system.wait_screen(away, "the pointer in the corner", timeout=90)
    system.point(5, 5)
    empty = check_same(system, take)
    background = empty[-1, -1]
    wayland(system, "client", "foot --font=monospace:size=10 --window-size-pixels=400x200 cat",
            WAYLAND_DISPLAY="wayland-0")
    system.wait_screen(lambda shot: share(shot, background) < 0.97, "a window", timeout=90)
    before = check_same(system, take)
    system.type("hello\n")
    system.wait_screen(lambda shot: (shot != before).sum() > 100, "what is typed", timeout=60)
    typed = check_same(system, take)
    assert share(typed, background) == share(before, background)

    left, top = corner(typed, background)
    # by its title, and away from the nearest edges of the screen
    right, down = (120 if edge < size // 3 else -120 for edge, size in zip((left, top), typed.shape[1::-1]))
    system.drag((left + 200, top + 12), (left + 200 + right, top + 12 + down),
                lambda shot: corner(shot, background) != (left, top))
    system.point(5, 5)
    # some do not count the first step
    system.wait_screen(lambda shot: all(abs(new - old) > 50 for new, old in
                                        zip(corner(shot, background), (left, top))),
                       "the window in another place", timeout=60)
    moved = check_same(system, take)
    x, y = corner(moved, background)
    assert (moved[y:y + 200, x:x + 400] == typed[top:top + 200, left:left + 400]).all()
    system.sh("systemctl stop client.service")
    system.wait_screen(lambda shot: (shot == empty)[POINTER:].all(), "an empty screen", timeout=60)


def test_weston(system):
    start_weston(system)
    check_window(system, WESTON_SHOT)


def test_labwc(system):
    wayland(system, "desktop", "labwc", WLR_RENDERER="pixman", WLR_NO_HARDWARE_CURSORS=1)
    system.sh("until test -e /run/wayland/wayland-0.lock; do sleep 0.2; done", timeout=90)
    check_window(system, LABWC_SHOT)


def test_xfce(system):
    """One logs in at the greeter; then there is a desktop with a panel, and its terminal."""
    system.sh("mkdir -p /etc/lightdm/lightdm.conf.d; "
              "printf '[Seat:*]\\nxserver-command=X -nocursor\\ngreeter-hide-users=false\\n'"
              " >/etc/lightdm/lightdm.conf.d/50-test.conf; systemctl start lightdm")
    system.sh("until pgrep -x lightdm-gtk-gre; do sleep 0.5; done", timeout=240)
    system.wait_screen(lambda shot: shot.std() > 5, "the greeter", timeout=240)
    system.shot(f"build/shots/greeter-{system.device}.png")
    deadline = time.monotonic() + 400
    while "xfce4-session" not in system.sh("ps -u user -o comm= || true"):
        system.type("vgakms\n")
        system.sh("for i in $(seq 60); do pgrep -u user xfce4-session && break; sleep 0.5; done; true", timeout=240)
        assert time.monotonic() < deadline
    system.wait_screen(has_panel, "the panel", timeout=240)
    session = "su user -c 'DISPLAY=:0 XAUTHORITY=/home/user/.Xauthority {}'".format
    take = session(XFCE_SHOT)
    # X has no picture of the shadows that a compositing window manager adds.
    system.sh(session("xfconf-query -c xfwm4 -p /general/use_compositing -s false"))
    check_same(system, take, timeout=240)
    start(system, "client", session("xfce4-terminal --disable-server --geometry=60x15+300+200"))
    # its menu, on a background that was black
    system.wait_screen(lambda shot: shot[230:250, 310:600].mean() > 150, "a terminal", timeout=240)
    check_same(system, take, timeout=240)
    system.shot(f"build/shots/xfce-{system.device}.png")
    system.drag((450, 212), (550, 262), lambda shot: shot[260:460, 304].mean() < 50)
    system.wait_screen(lambda shot: shot[280:300, 410:700].mean() > 150, "the terminal in another place", timeout=60)
    check_same(system, take, timeout=240)


def start_game(system, pointer):
    """A game on SDL's own back end for KMS, and what it draws"""
    system.sh(f"cat >/tmp/game.py <<'END'\n{SDL.format(pointer=pointer)}\nEND")
    start(system, "client", "python3 /tmp/game.py", SDL_VIDEODRIVER="kmsdrm")
    width, height = SIZES[system.device]
    picture = np.full((height, width, 3), (20, 40, 60), np.uint8)
    picture[50:250, 100:400] = 200, 100, 50
    return picture


def test_sdl(system):
    picture = start_game(system, pointer=False)
    system.wait_screen(lambda shot: shot.shape == picture.shape and (shot == picture).all(), "the game's picture",
                       timeout=120)


def test_sdl_pointer(system):
    """SDL does not draw a pointer: it wants a plane for it."""
    picture = start_game(system, pointer=True)
    # A place that the tablet has told before SDL listens is not told again.
    system.wait_screen(lambda shot: shot.shape == picture.shape and (shot != picture).any(axis=-1).mean() < 0.01,
                       "the game's picture", timeout=120)

    def is_only_at(x, y):
        def look(shot):
            if (shot == picture).all():
                return False
            rows, columns = (shot != picture).any(axis=-1).nonzero()
            return (y - SDL_POINTER <= rows.min() and rows.max() <= y + SDL_POINTER
                    and x - SDL_POINTER <= columns.min() and columns.max() <= x + SDL_POINTER)
        return look

    for x, y in ((600, 400), (300, 200)):
        system.point(x, y)
        system.wait_screen(is_only_at(x, y), f"a pointer at {x},{y}, and nothing else")
    system.shot(f"build/shots/sdl-pointer-{system.device}.png")


def test_kmscube(system):
    """OpenGL by Mesa's software renderer"""
    # It ends when there is something to read.
    start(system, "client", "sh -c 'sleep infinity | kmscube -D /dev/dri/card0'")

    def is_cube(shot):
        return len(np.unique(shot.reshape(-1, 3), axis=0)) > 1000

    first = system.wait_screen(is_cube, "a cube", timeout=120)
    system.wait_screen(lambda shot: is_cube(shot) and (shot != first).any(), "a cube that turns", timeout=60)
    system.sh("pgrep -x kmscube")


def test_drm_info(system):
    (card,) = json.loads(system.sh("drm_info -j")).values()
    assert card["driver"]["name"] == "vgakms"
    assert [len(card[kind]) for kind in ("connectors", "encoders", "crtcs", "planes")] == [1, 1, 1, 2]
    assert card["connectors"][0]["status"] == 1
    assert [mode["name"] for mode in card["connectors"][0]["modes"]][0] == "{}x{}".format(*SIZES[system.device])
