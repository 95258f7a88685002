# SPDX-License-Identifier: GPL-2.0-or-later
"""UEFI with Secure Boot, shim and GRUB: a PC's way to Linux."""

import pytest

from clients import DEVICES, check_console
from packages import OWN
from systems import Disk
from uefi import PREPARE, UefiSystem

# What DKMS runs when it has installed the module
TRUST = "sh /usr/src/vgakms-*/tools/dkms-trust"
REJECTED = "Loading of module with unavailable key is rejected"


@pytest.fixture(scope="module")
def signed(package):
    """A disk with the package, which DKMS has signed"""
    with Disk() as disk:
        disk.run(PREPARE)
        disk.install(package)
        yield disk


def check_locked(system):
    """This is what it is about: a kernel that trusts firmware's keys only."""
    system.wait_log("secureboot: Secure boot enabled")
    assert "[integrity]" in system.sh("cat /sys/kernel/security/lockdown")


@pytest.mark.parametrize("device", DEVICES)
def test_key_is_enrolled(signed, device):
    """vgakms is loaded, and has the screen. Lockdown takes nothing from it that it needs."""
    with UefiSystem(signed, "newest", device, enroll=True) as system:
        assert system.driver().startswith("vgakms")
        check_locked(system)
        assert not system.sh(TRUST)
        check_console(system)
        system.check()


def test_key_is_not_enrolled(signed):
    """vgakms is not loaded, and one line tells why. The in-tree driver has the screen."""
    with UefiSystem(signed, "newest", "VGA") as system:
        assert system.driver() == OWN
        check_locked(system)
        assert REJECTED in system.boot_log()
        assert "vgakms: Secure Boot is on, and Linux rejects vgakms until its key is enrolled" in system.sh(TRUST)
        check_console(system)
        system.check()
