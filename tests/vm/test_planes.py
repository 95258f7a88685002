# SPDX-License-Identifier: GPL-2.0-or-later
"""Planes and CRTCs that are switched on and off apart from each other."""

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, VGA
from picture import assert_same, pattern, show
from vm import ClientError


@pytest.fixture(params=[VGA, BOCHS_DISPLAY, CIRRUS], ids=str)
def adapter(request):
    return request.param


@pytest.fixture
def kms(client, vm):
    return client(vm)


def test_plane_stays_where_it_is(vm, kms, adapter):
    """The CRTC is switched off and on again, and the plane is not mentioned."""
    expected = show(kms, 1)
    kms.crtc(False, how="test")
    assert_same(vm.screendump(), adapter.shows(expected))
    kms.crtc(False)
    assert not vm.screendump().any()
    kms.crtc(True, mode="800x600", how="test")
    assert not vm.screendump().any()
    kms.crtc(True, mode="800x600")
    assert_same(vm.screendump(), adapter.shows(expected))


def test_plane_waits_for_the_crtc(vm, kms, adapter):
    """A framebuffer is attached while the screen is off, and is seen when it is switched on."""
    show(kms, 1)
    kms.off()
    kms.noise(1024, 768, 2)
    kms.plane(2, mode="1024x768", how="test")
    kms.plane(2, mode="1024x768")
    assert not vm.screendump().any()
    kms.crtc(True, mode="1024x768")
    assert_same(vm.screendump(), adapter.shows(pattern(1024, 768, 2)))
    kms.crtc(False)
    kms.noise(1024, 768, 3)
    kms.plane(3, mode="1024x768")
    kms.crtc(True, mode="1024x768")
    assert_same(vm.screendump(), adapter.shows(pattern(1024, 768, 3)))


def test_plane_of_another_size(vm, kms, adapter):
    """Off, a plane may have any size; switching on a screen that it does not cover is refused."""
    show(kms, 1)
    kms.crtc(False)
    kms.noise(640, 480, 2)
    kms.plane(2, mode="640x480")
    for how in ("test", None):
        with pytest.raises(ClientError, match="EINVAL"):
            kms.crtc(True, mode="800x600", how=how)
    assert not vm.screendump().any()
    kms.crtc(True, mode="640x480")
    assert_same(vm.screendump(), adapter.shows(pattern(640, 480, 2)))


def test_fence(vm, kms, adapter):
    """A plane may wait for a fence before it is shown. Without a picture, there is nothing to wait for."""
    expected = show(kms, 1)
    fence = kms.fence()
    kms.prop("IN_FENCE_FD", fence, of="plane")
    with pytest.raises(ClientError, match="EINVAL"):
        kms.prop("IN_FENCE_FD", fence, of="cursor")
    for how in ("test", None):
        with pytest.raises(ClientError, match="EINVAL"):
            kms.off(fence, how=how)
    assert_same(vm.screendump(), adapter.shows(expected))
    kms.off()
    with pytest.raises(ClientError, match="EINVAL"):
        kms.prop("IN_FENCE_FD", fence, of="plane")
    kms.release(fence)


def test_mode_of_an_inactive_crtc(vm, kms, adapter):
    """Modes are set while the screen sleeps, and the last one counts."""
    show(kms, 1)
    kms.active(False)
    for seed, mode in ((2, "1024x768"), (3, "640x480"), (4, "1024x768")):
        width, height = map(int, mode.split("x"))
        kms.noise(width, height, seed)
        kms.asleep(seed, mode=mode)
        assert not vm.screendump().any()
    kms.active(True)
    assert_same(vm.screendump(), adapter.shows(pattern(1024, 768, 4)))
    kms.active(False)
    kms.asleep(1, mode="800x600")
    kms.active(True)
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 1)))
