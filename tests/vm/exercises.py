# SPDX-License-Identifier: GPL-2.0-or-later
"""The exercises of docs/exercises.md: "make exercise N=3" says whether number 3 is solved."""

import re

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, VGA
from drivers import RELEASE_CONSOLE, unbind
from kms import timings
from picture import assert_same, pattern, show, solid
from test_pacing import MODES, frame_us
from vm import ClientError

ROTATE_180 = 4
# With an EDID there is no mode whose width is not a multiple of 8.
WITHOUT_EDID = "VGA,edid=off"
WITHOUT_CONSOLE = "drm_kms_helper.fbdev_emulation=0"


def figure(vm, name):
    """What the driver's file in debugfs says of it"""
    found = re.search(rf"^{name}: (\d+)$", vm.sh("cat /sys/kernel/debug/dri/0/vgakms"), re.M)
    assert found, f"no {name} in debugfs"
    return int(found[1])


def preferred(kms):
    return [(mode.width, mode.height) for mode in kms.modes() if mode.preferred]


def check_damage(vm, kms, fb, picture, shown, rect=(3, 5, 18, 4)):
    """Draw a green rectangle and report it: shown(picture) has to be on the screen."""
    x, y, width, height = rect
    kms.solid(fb, 0x00ff00, rect=rect)
    kms.dirty(fb, [(x, y, x + width, y + height)])
    picture[y:y + height, x:x + width] = 0, 255, 0
    assert_same(vm.screendump(), shown(picture))


def test_exercise_1(boot, client):
    vm = boot(append="drm.debug=0x4", fresh=True)
    kms = client(vm)
    before = len(vm.sh("dmesg"))
    show(kms, 1, "1024x768")
    show(kms, 2, "1024x768")
    show(kms, 3, "640x480")
    assert re.findall(r"pitch of (\d+) bytes", vm.sh("dmesg")[before:]) == ["4096", "2560"]


@pytest.mark.parametrize("device, size", [("cirrus-vga", (1280, 720)), (WITHOUT_EDID, (1024, 768))])
def test_exercise_2(boot, client, device, size):
    assert preferred(client(boot(devices=[device], fresh=True))) == [size]


def test_exercise_3(boot, client):
    kms = client(boot(devices=["VGA,refresh_rate=120000"], fresh=True))
    assert max(mode.refresh for mode in kms.modes()) <= 100
    show(kms, 1, "640x480")
    kms.set(1, mode=timings(640, 480, 99))
    with pytest.raises(ClientError):
        kms.set(1, mode=timings(640, 480, 102))


def test_exercise_4(boot, client):
    vm = boot(append=WITHOUT_CONSOLE, fresh=True)
    kms = client(vm)
    show(kms, 1)
    kms.fb(2, 800, 600)
    kms.pattern(2, seed=1)
    assert figure(vm, "idle") == 0
    kms.flip(2)
    kms.flip(1)
    assert figure(vm, "idle") == 2
    kms.solid(2, 0, rect=(0, 0, 8, 2))
    kms.flip(2)
    kms.dirty(2, [(0, 0, 8, 2), (400, 300, 410, 310)])
    assert figure(vm, "idle") == 3


def test_exercise_5(boot):
    vm = boot(load=False, fresh=True)
    for parameters, found in (({"vram": 4}, "VGA, 4 MiB VRAM, registers in MMIO, up to 1920x1080 at 16 bpp"),
                              ({}, "VGA, 16 MiB VRAM"), ({"vram": 64}, "VGA, 16 MiB VRAM")):
        start = len(vm.dmesg())
        vm.load(**parameters)
        assert found in vm.dmesg()[start:]
        vm.sh(RELEASE_CONSOLE)
        vm.unload()


@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY], ids=str)
def test_exercise_6(boot, client, adapter):
    vm = boot(devices=[adapter.device], append=WITHOUT_CONSOLE, fresh=True)
    kms = client(vm)
    kms.fb(1, 800, 600)
    kms.pattern(1, seed=1)
    kms.set(1, mode=timings(800, 600, 60))
    written = figure(vm, "written")
    kms.set(1, mode=timings(800, 600, 75))
    assert_same(vm.screendump(), pattern(800, 600, 1))
    assert figure(vm, "written") == written
    for fb, width, height in ((2, 800, 600), (3, 640, 480), (4, 800, 600)):
        kms.fb(fb, width, height)
        kms.solid(fb, 0x123456)
        kms.set(fb, mode=f"{width}x{height}")
        assert_same(vm.screendump(), solid(width, height, 0x123456))
    kms.active(False)
    kms.active(True)
    assert_same(vm.screendump(), solid(800, 600, 0x123456))


@pytest.mark.parametrize("half, frames", [(0, 1), (1, 2)])
def test_exercise_7(boot, client, half, frames):
    vm = boot(load=False, fresh=True)
    vm.load(half=half)
    vm.sh("test -e /sys/module/vgakms/parameters/half")
    mode = MODES["25 Hz"]
    kms = client(vm)
    kms.noise(800, 600, 1, 2)
    kms.set(1, mode=mode)
    events = kms.flips(20, 1, 2).events
    shortest = min(event.us - last.us for last, event in zip(events, events[1:]))
    assert abs(shortest - frames * frame_us(mode)) <= 2


def test_exercise_8(boot, client):
    goodbye = "last client gone"
    vm = boot(fresh=True)
    kms = client(vm)
    show(kms, 1)
    unbind(vm)
    with pytest.raises(ClientError):
        kms.flip(1)
    assert goodbye not in vm.dmesg()
    kms.close()
    vm.wait_log(goodbye)
    assert vm.dmesg().count(goodbye) == 1


@pytest.mark.parametrize("adapter", [VGA, VGA.with_vram(1), CIRRUS], ids=str)
def test_exercise_9(boot, client, adapter):
    vm = boot(devices=[WITHOUT_EDID if adapter is VGA else adapter.device], load=False, fresh=True)
    vm.load(negative=1)
    kms = client(vm)

    def shown(picture):
        return adapter.shows(255 - picture)

    for seed, mode in enumerate(["640x480", "1366x768"] if adapter is VGA else ["640x480", "800x600"], 1):
        picture = show(kms, seed, mode).copy()
        assert_same(vm.screendump(), shown(picture))
        check_damage(vm, kms, seed, picture, shown)


def test_exercise_10(boot, client):
    vm = boot(append=WITHOUT_CONSOLE, fresh=True)
    kms = client(vm)
    picture = show(kms, 1).copy()
    assert_same(vm.screendump(), picture)
    kms.prop("negative", 1)
    assert kms.props().crtc["negative"] == 1
    assert_same(vm.screendump(), 255 - picture)
    check_damage(vm, kms, 1, picture, lambda positive: 255 - positive)
    assert_same(vm.screendump(), 255 - picture)
    picture = show(kms, 2, "640x480")
    assert_same(vm.screendump(), 255 - picture)
    kms.prop("negative", 0)
    assert_same(vm.screendump(), picture)


@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY], ids=str)
def test_exercise_11(boot, client, adapter):
    vm = boot(devices=[adapter.device], fresh=True)
    kms = client(vm)
    kms.fb(1, 800, 600, format="XB24")
    kms.pattern(1, seed=1)
    kms.set(1, mode="800x600")
    assert_same(vm.screendump(), pattern(800, 600, 1)[:, :, ::-1])
    kms.solid(1, 0x123456, rect=(3, 5, 18, 4))
    kms.dirty(1, [(3, 5, 21, 9)])
    assert (vm.screendump()[5:9, 3:21] == (0x56, 0x34, 0x12)).all()
    # the same bytes are another color in the other format
    kms.fb(2, 800, 600)
    kms.pattern(2, seed=1)
    kms.solid(2, 0x123456, rect=(3, 5, 18, 4))
    kms.flip(2)
    assert (vm.screendump()[5:9, 3:21] == (0x12, 0x34, 0x56)).all()
    assert_same(vm.screendump()[9:], pattern(800, 600, 1)[9:])


def test_exercise_12(boot, client):
    vm = boot(devices=[WITHOUT_EDID], fresh=True)
    kms = client(vm)

    def shown(picture):
        return VGA.shows(picture[::-1, ::-1])

    picture = show(kms, 1, "1366x768").copy()
    kms.prop("rotation", ROTATE_180)
    assert_same(vm.screendump(), shown(picture))
    check_damage(vm, kms, 1, picture, shown, rect=(3, 16, 26, 32))
