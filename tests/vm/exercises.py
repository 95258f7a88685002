# SPDX-License-Identifier: GPL-2.0-or-later
"""The exercises of docs/tour.md: "make exercise N=3" tells whether number 3 is solved."""

import re

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, VGA
from drivers import RELEASE_CONSOLE
from kms import timings
from picture import assert_same, pattern, show
from vm import ClientError

ROTATE_180 = 4


def test_exercise_1(boot, client):
    vm = boot(append="drm.debug=0x4", fresh=True)
    kms = client(vm)
    before = len(vm.sh("dmesg"))
    show(kms, 1, "1024x768")
    show(kms, 2, "1024x768")
    show(kms, 3, "640x480")
    assert re.findall(r"pitch of (\d+) bytes", vm.sh("dmesg")[before:]) == ["4096", "2560"]


def test_exercise_2(boot, client):
    vm = boot(devices=["cirrus-vga"], fresh=True)
    preferred = [(mode.width, mode.height) for mode in client(vm).modes() if mode.preferred]
    assert preferred == [(1280, 720)]


def test_exercise_3(boot, client):
    kms = client(boot(devices=["VGA,refresh_rate=120000"], fresh=True))
    assert max(mode.refresh for mode in kms.modes()) <= 100
    show(kms, 1, "640x480")
    kms.set(1, mode=timings(640, 480, 99))
    with pytest.raises(ClientError):
        kms.set(1, mode=timings(640, 480, 102))


def test_exercise_4(boot, client):
    vm = boot(append="drm_kms_helper.fbdev_emulation=0", fresh=True)
    kms = client(vm)
    for seed, mode in enumerate(["1024x768", "1024x768", "640x480", "1024x768"], 1):
        show(kms, seed, mode)
    assert "modes: 3\n" in vm.sh("cat /sys/kernel/debug/dri/0/vgakms")


def test_exercise_5(boot):
    vm = boot(load=False, fresh=True)
    for parameters, found in (({"vram": 4}, "VGA, 4 MiB VRAM, registers in MMIO, up to 1920x1080 at 16 bpp"),
                              ({}, "VGA, 16 MiB VRAM"), ({"vram": 64}, "VGA, 16 MiB VRAM")):
        start = len(vm.dmesg())
        vm.load(**parameters)
        assert found in vm.dmesg()[start:]
        vm.sh(RELEASE_CONSOLE)
        vm.unload()


# With an EDID there is no mode whose width is not a multiple of 8.
WITHOUT_EDID = "VGA,edid=off"


@pytest.mark.parametrize("adapter", [VGA, VGA.with_vram(1), CIRRUS], ids=str)
def test_exercise_6(boot, client, adapter):
    vm = boot(devices=[WITHOUT_EDID if adapter is VGA else adapter.device], load=False, fresh=True)
    vm.load(negative=1)
    kms = client(vm)
    for seed, mode in enumerate(["640x480", "1366x768"] if adapter is VGA else ["640x480", "800x600"], 1):
        picture = show(kms, seed, mode).copy()
        assert_same(vm.screendump(), adapter.shows(255 - picture))
        kms.solid(seed, 0x00ff00, rect=(3, 5, 18, 4))
        kms.dirty(seed, [(3, 5, 21, 9)])
        picture[5:9, 3:21] = 0, 255, 0
        assert_same(vm.screendump(), adapter.shows(255 - picture))


@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY], ids=str)
def test_exercise_7(boot, client, adapter):
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


def test_exercise_8(boot, client):
    vm = boot(devices=[WITHOUT_EDID], fresh=True)
    kms = client(vm)
    picture = show(kms, 1, "1366x768").copy()
    kms.prop("rotation", ROTATE_180)
    assert_same(vm.screendump(), VGA.shows(picture[::-1, ::-1]))
    kms.solid(1, 0x00ff00, rect=(3, 16, 26, 32))
    kms.dirty(1, [(3, 16, 29, 48)])
    picture[16:48, 3:29] = 0, 255, 0
    assert_same(vm.screendump(), VGA.shows(picture[::-1, ::-1]))
