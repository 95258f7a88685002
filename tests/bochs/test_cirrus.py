# SPDX-License-Identifier: GPL-2.0-or-later
"""Bochs' Cirrus has no subsystem ids, as real ones of 1996, and vgakms leaves these alone."""

from screen import load

EXTENSION = "cirrus"

ADAPTER = "/sys/bus/pci/devices/0000:00:02.0"
# VGA's dark colors have 42 of 63, and Bochs adds no bits below those that a register has.
RED, GREEN = (42 << 2, 0, 0), (0, 42 << 2, 0)


def test_left_alone(bochs):
    """No driver is bound, and Linux' text console goes on."""
    ids = bochs.sh(f"cd {ADAPTER}; cat vendor device subsystem_vendor subsystem_device").split()
    assert ids[:2] == ["0x1013", "0x00b8"]
    assert ids[2:] == ["0x0000", "0x0000"]
    load(bochs)
    assert bochs.sh(f"ls -d /dev/dri {ADAPTER}/driver 2>/dev/null || true") == ""
    bochs.sh("printf '\\033[2J\\033[H\\033[42mHello' >/dev/tty0")
    shot = bochs.wait_screen(lambda shot: (shot == GREEN).all(axis=-1).any(), "a word on green")
    assert shot.shape == (400, 720, 3)


def test_refused(bochs):
    """Who insists is told in one line, and keeps the text console."""
    load(bochs)
    bochs.sh(f"echo vgakms-cirrus >{ADAPTER}/driver_override; echo 0000:00:02.0 >/sys/bus/pci/drivers_probe; true")
    bochs.wait_log("vgakms-cirrus 0000:00:02.0: not an adapter for this driver")
    assert bochs.dmesg().count("vgakms-cirrus 0000:00:02.0") == 1
    assert bochs.sh("ls /dev/dri 2>/dev/null || true") == ""
    bochs.sh("printf '\\033[2J\\033[H\\033[41mHello' >/dev/tty0")
    bochs.wait_screen(lambda shot: (shot == RED).all(axis=-1).any(), "a word on red")
