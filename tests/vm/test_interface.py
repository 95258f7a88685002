# SPDX-License-Identifier: GPL-2.0-or-later
"""What the driver offers to clients besides modes, and what it refuses."""

import re

import pytest

from adapters import VGA
from vm import ClientError

# The ids of the device, then those of its subsystem
CIRRUS_ALIAS = re.compile("pci:v00001013d000000B8sv(\\w{8}|\\*)sd(\\w{8}|\\*)bc")


@pytest.fixture
def kms(boot, client):
    return client(boot(devices=[VGA.device]))


def test_formats(kms):
    """The best first, each in one way to lay it out."""
    props = kms.props()
    assert props.formats == ["XR24", "AR24", "RG24", "RG16", "BX24"]
    assert props.modifiers == [(code, 0) for code in props.formats]


def test_properties(kms):
    props = kms.props()
    assert {"FB_DAMAGE_CLIPS", "pixel blend mode"} <= set(props.plane)
    assert {"EDID", "DPMS"} <= set(props.connector)
    # there is nothing behind any of these on such an adapter
    assert not {"GAMMA_LUT", "CTM", "DEGAMMA_LUT"} & set(props.crtc)


def test_size_of_the_screen(kms):
    """QEMU's EDID: 1280x800 at 100 dpi, in whole centimeters."""
    assert kms.props().size_mm == (320, 200)


@pytest.mark.parametrize("options", [
    dict(format="XB24"), dict(format="AB24"), dict(format="BG16"), dict(format="C8  "),
    dict(modifier="0x0100000000000001"),
])
def test_refused_framebuffers(kms, options):
    with pytest.raises(ClientError, match="EINVAL"):
        kms.fb(1, 640, 480, **options)


def test_linear_modifier(kms):
    kms.fb(1, 640, 480, modifier="linear")
    kms.set(1, mode="640x480")


def test_plane_must_cover_the_screen(kms):
    """Neither beside the screen nor partly on it."""
    kms.fb(1, 640, 480)
    kms.set(1, mode="640x480")
    for name, value in [("CRTC_X", 5000), ("CRTC_X", 1), ("CRTC_Y", 480), ("CRTC_Y", 2)]:
        with pytest.raises(ClientError, match="EINVAL"):
            kms.prop(name, value)
    kms.flip(1)


def test_ids(boot):
    """Both kinds of Cirrus are driven, that of QEMU and that of Xen, but not a real one."""
    vm = boot(devices=[VGA.device])
    aliases = vm.sh(f"modinfo -F alias {vm.module}").split()
    ids = {(found[1], found[2]) for found in map(CIRRUS_ALIAS.match, aliases) if found}
    assert ids == {("00001AF4", "00001100"), ("00005853", "00000001")}


def test_picture_smaller_than_the_mode(kms):
    """The adapters show one plane, and it has to fill the screen."""
    kms.fb(1, 640, 480)
    with pytest.raises(ClientError, match="ENOSPC|EINVAL"):
        kms.set(1, mode="800x600")
