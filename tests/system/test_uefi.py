# SPDX-License-Identifier: GPL-2.0-or-later
"""UEFI with Secure Boot, shim and GRUB: a PC's way to Linux."""

import pytest

from clients import DEVICES, check_console
from packages import OWN, VERSION, loaded_version, upgrade
from systems import Disk
from uefi import KEY, PREPARE, UefiSystem

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


def check_trusted(disk, device, version=VERSION):
    """vgakms is loaded, and has the screen. Lockdown takes nothing from it that it needs."""
    with UefiSystem(disk, "newest", device, enroll=True) as system:
        assert system.driver().startswith("vgakms")
        assert loaded_version(system) == version
        check_locked(system)
        assert not system.sh(TRUST)
        check_console(system)
        system.check()


@pytest.mark.parametrize("device", DEVICES)
def test_key_is_enrolled(signed, device):
    check_trusted(signed, device)


def test_upgrade(signed, newer):
    """The key that is enrolled is the one for the module of the newer version as well."""
    with Disk(signed) as disk:
        version = upgrade(disk, newer)
        assert disk.read(KEY) == signed.read(KEY)
        check_trusted(disk, "VGA", version)


def test_key_is_not_enrolled(signed):
    """vgakms is not loaded, and one line tells why. The in-tree driver has the screen."""
    with UefiSystem(signed, "newest", "VGA") as system:
        assert system.driver() == OWN
        check_locked(system)
        assert REJECTED in system.boot_log()
        assert "vgakms: Secure Boot is on, and Linux rejects vgakms until its key is enrolled" in system.sh(TRUST)
        check_console(system)
        system.check()
