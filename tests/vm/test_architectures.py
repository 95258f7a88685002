# SPDX-License-Identifier: GPL-2.0-or-later
"""The least that must work on each processor: "make test" runs this where there is no time for all."""

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, VGA
from drivers import RELEASE_CONSOLE
from picture import assert_same, show


@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY, CIRRUS], ids=str)
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
