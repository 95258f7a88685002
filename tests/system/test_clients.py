# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that have the screen to themselves: what they are to show is there, pixel by pixel.

docs/clients.md has more of them.
"""

import hashlib

import numpy as np
import pytest

from clients import check_same, start, wait_booted, wayland
from systems import Disk, System

WIDTH, HEIGHT = 1280, 800
PICTURE = "cat /run/picture.ppm"
QML = """
import QtQuick
import QtQuick.Window
Window {
    visible: true
    visibility: Window.FullScreen
    Image { source: "file:///run/picture.png" }
}
"""
SDL = f"""
import ctypes
sdl = ctypes.CDLL("libSDL3.so.0")
pointer = ctypes.c_void_p
sdl.SDL_LoadBMP.restype = sdl.SDL_CreateWindow.restype = sdl.SDL_GetWindowSurface.restype = pointer
sdl.SDL_Init(0x20)
window = pointer(sdl.SDL_CreateWindow(b"", {WIDTH}, {HEIGHT}, ctypes.c_uint64(1)))
picture = pointer(sdl.SDL_LoadBMP(b"/run/picture.bmp"))
sdl.SDL_HideCursor()
event = ctypes.create_string_buffer(128)
while int.from_bytes(event[:4], "little") != 0x100:
    sdl.SDL_BlitSurface(picture, None, pointer(sdl.SDL_GetWindowSurface(window)), None)
    sdl.SDL_UpdateWindowSurface(window)
    sdl.SDL_WaitEventTimeout(event, 200)
"""
PREPARE = f"""cd /run
ffmpeg -loglevel error -f lavfi -i testsrc2=size={WIDTH}x{HEIGHT} -frames:v 1 -pix_fmt rgb24 picture.ppm
pnmtopng -quiet picture.ppm >picture.png
ppmtobmp -quiet -bpp 24 picture.ppm >picture.bmp
cat >picture.qml <<'END'
{QML}
END
cat >picture.py <<'END'
{SDL}
END
echo 'exec foot' >sway.conf
systemctl stop getty@tty1
dmesg -n 1
"""
# Qt leaves its terminal in graphics mode (KD_TEXT is 0), if it is ended by a signal.
RESET = """python3 -c 'import fcntl; fcntl.ioctl(open("/dev/tty1"), 0x4B3A, 0)'
chvt 2
chvt 1
printf '\\033c\\033[?25l' >/dev/tty1
"""
MPV = "mpv --no-config --image-display-duration=inf --osd-level=0 /run/picture.png"
SHOW_QML = "qml6 /run/picture.qml"
# Each shows the picture, in this environment.
PROGRAMS = {
    "mpv-drm": (f"{MPV} --vo=drm", {}),
    "mpv-gpu": (f"{MPV} --vo=gpu --gpu-context=drm --dither-depth=no", {}),
    "sdl3": ("python3 /run/picture.py", dict(SDL_VIDEO_DRIVER="kmsdrm")),
    "linuxfb": (SHOW_QML, dict(QT_QPA_PLATFORM="linuxfb", QT_QUICK_BACKEND="software", QT_QPA_FB_HIDECURSOR=1)),
    "eglfs": (SHOW_QML, dict(QT_QPA_PLATFORM="eglfs", QT_QPA_EGLFS_INTEGRATION="eglfs_kms",
                             QT_QPA_EGLFS_HIDECURSOR=1)),
}
COLORS = f"videotestsrc pattern=colors ! video/x-raw,width={WIDTH},height={HEIGHT}"
GRAB = ("ffmpeg -loglevel error -device /dev/dri/card0 -f kmsgrab -i - -vf hwdownload,format=bgr0 -frames:v 1 "
        "-pix_fmt rgb24 -f image2pipe -c:v ppm -")


@pytest.fixture(scope="module", params=["VGA"])
def system(package, request):
    with Disk(desktop="programs") as disk:
        disk.install(package)
        with System(disk, "newest", request.param) as system:
            wait_booted(system)
            system.sh(PREPARE, timeout=120)
            yield system


@pytest.fixture(autouse=True)
def check(system):
    """Before a program starts, its picture is not there: some draw where the console does, and leave it there."""
    system.sh(RESET)
    system.wait_screen(lambda shot: not shot.any(), "an empty screen")
    yield
    system.sh("systemctl stop client.service desktop.service 2>/dev/null; true")
    system.check()


@pytest.mark.parametrize("command, environment", PROGRAMS.values(), ids=PROGRAMS)
def test_picture(system, command, environment):
    start(system, "client", command, XDG_RUNTIME_DIR="/run", **environment)
    check_same(system, PICTURE, timeout=120)


@pytest.mark.parametrize("code", ["BGRx", "BGRA", "BGR"])
def test_gstreamer(system, code):
    """These are its names of XRGB8888, ARGB8888 and RGB888."""
    start(system, "client", f"gst-launch-1.0 {COLORS},format={code} ! kmssink driver-name=vgakms")
    frame = f"gst-launch-1.0 -q {COLORS.replace('videotestsrc', 'videotestsrc num-buffers=1')},format=RGB ! fdsink"
    check_same(system, f"printf 'P6\\n{WIDTH} {HEIGHT}\\n255\\n'; {frame}")


def test_grab(system):
    """ffmpeg gets at what another program shows."""
    command, _ = PROGRAMS["mpv-drm"]
    start(system, "client", command)
    check_same(system, PICTURE)
    check_same(system, GRAB)


@pytest.mark.parametrize("command, number", [("sway -c /run/sway.conf", 1), ("cage foot", 0)], ids=["sway", "cage"])
def test_wlroots(system, command, number):
    """Compositors that draw with llvmpipe, which has to be allowed"""
    wayland(system, "desktop", command, WLR_RENDERER_ALLOW_SOFTWARE=1, WLR_NO_HARDWARE_CURSORS=1)
    system.wait_screen(lambda shot: shot.std() > 5, "a terminal", timeout=120)
    check_same(system, f"WAYLAND_DISPLAY=wayland-{number} grim -c -t ppm -", timeout=120)


def packed565(shot):
    """The words that X has of a picture"""
    red, green, blue = (shot >> np.array([3, 2, 3], np.uint8)).astype(np.uint16).transpose(2, 0, 1)
    return (red << 11 | green << 5 | blue).astype("<u2").tobytes()


def test_xorg_at_16_bpp(system):
    """The screen has what X has, and so the gray levels at the edges of its eyes."""
    start(system, "client", "X :0 -depth 16 -noreset -nocursor vt7")
    system.sh("export DISPLAY=:0; until xsetroot -solid '#305070'; do sleep 0.2; done", timeout=90)
    start(system, "desktop", "xeyes -geometry 300x200+200+100", DISPLAY=":0")

    def is_same(shot):
        theirs = system.sh(f"DISPLAY=:0 xwd -root -silent | tail -c {2 * WIDTH * HEIGHT} | sha256sum").split()[0]
        colors = np.unique(shot[100:300, 200:500].reshape(-1, 3), axis=0)
        return len(colors) > 10 and hashlib.sha256(packed565(shot)).hexdigest() == theirs

    shot = system.wait_screen(is_same, "what X has", timeout=60)
    assert (shot[0, 0] == (0x31, 0x51, 0x73)).all()
