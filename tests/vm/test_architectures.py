# SPDX-License-Identifier: GPL-2.0-or-later
"""Processors: the least that must work on each, which "make smoke" runs, and what only some have to care about."""

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, OLD_VGA, VGA
from drivers import RELEASE_CONSOLE
from picture import assert_same, show
from vm import ARCH


@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY, CIRRUS, OLD_VGA.with_vram(4)], ids=str)
def test_smoke(boot, client, adapter):
    """It binds, shows a picture at each depth, and goes."""
    vm = boot(devices=[adapter.device], load=False, fresh=True)
    vm.load()
    kms = client(vm)
    for seed, mode in enumerate(["800x600", "1280x1024", "1920x1080"], 1):
        expected = show(kms, seed, mode)
        assert_same(vm.screendump(), adapter.shows(expected))
    kms.channel.close()
    vm.sh(RELEASE_CONSOLE)
    vm.unload()
    assert "vgakms" not in vm.sh("cat /proc/ioports /proc/iomem")


@pytest.mark.skipif(ARCH not in ("ppc64", "ppc64el"), reason="it is about POWER")
@pytest.mark.parametrize("option, reason", [
    ("qemu-extended-regs=off", "its pixels may be big endian"), ("mmio=off", "it may not have the legacy I/O ports"),
], ids=["order", "ports"])
def test_refused_on_power(boot, option, reason):
    """In one line, before the screen is taken over."""
    if ARCH == "ppc64" and option != "mmio=off":
        pytest.skip("its pixels are big endian for certain")
    vm = boot(devices=[VGA.with_options(option).device], fresh=True)
    line, = (line for line in vm.boot_log().splitlines() if reason in line)
    assert "vgakms" in line
    assert vm.sh("ls /dev/dri 2>/dev/null || true") == ""


@pytest.mark.thorough
def test_large_vram(boot, client):
    """Where addresses have 32 bits no more of it is mapped than can be shown."""
    adapter = VGA.with_vram(256)
    vm = boot(devices=[adapter.device])
    assert f"VGA, {32 if ARCH == 'armhf' else 256} MiB VRAM" in vm.boot_log()
    expected = show(client(vm), 1, "3840x2160")
    assert_same(vm.screendump(), adapter.shows(expected))
