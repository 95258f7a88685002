# SPDX-License-Identifier: GPL-2.0-or-later
"""Each allocation fails once: an error, the old picture, nothing lost, and the next try works.

This takes the debug kernel. Its fault injection counts the allocations of one thread, the client's.
"""

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, VGA
from memory import check_leaks
from picture import assert_same, pattern
from test_life import binding, show

pytestmark = pytest.mark.kernels("debug")

NO_CONSOLE = "drm_kms_helper.fbdev_emulation=0"
# Any allocation, and no stack trace in the log for each
PREPARE = """
cd /sys/kernel/debug
for kind in failslab fail_page_alloc; do
    echo 0 >$kind/ignore-gfp-wait
    echo 0 >$kind/verbose
done
echo 0 >fail_page_alloc/min-order
echo 0 >fail_page_alloc/ignore-gfp-highmem
echo scan >kmemleak
echo clear >kmemleak
"""


@pytest.fixture(params=[VGA, BOCHS_DISPLAY, CIRRUS], ids=str)
def adapter(request):
    return request.param


@pytest.fixture
def vm(boot, adapter):
    vm = boot(devices=[adapter.device], append=NO_CONSOLE, load=False, fresh=True)
    vm.sh("printf '\\033[?25l' >/dev/tty0")  # no cursor that blinks
    vm.load()
    vm.sh(PREPARE)
    yield vm
    check_leaks(vm)


def faults(kms, line):
    """Carry the command out with one allocation failing after the other, and yield its errors."""
    number = 1
    while (fault := kms.nth(number, line)).injected:
        yield fault.error
        number += 1
    print(f"{line}: {number - 1} allocations failed")
    assert fault.error == "none"


def test_mode_set(vm, client, adapter):
    kms = client(vm)
    old = show(kms, 1, "800x600")
    kms.fb(2, 1024, 768)
    kms.pattern(2, 2)
    errors = []
    for error in faults(kms, "set 2 mode=1024x768"):
        errors.append(error)
        if error != "none":
            assert_same(vm.screendump(), adapter.shows(old))
        else:
            kms.set(1, mode="800x600")
    assert errors.count("ENOMEM") > 5 and set(errors) <= {"ENOMEM", "none"}
    assert_same(vm.screendump(), adapter.shows(pattern(1024, 768, 2)))


@pytest.mark.parametrize("command", ["flip 2", "nbflip 2", "pageflip 2"])
def test_flip(vm, client, adapter, command):
    kms = client(vm)
    old = show(kms, 1, "800x600")
    kms.noise(800, 600, 2)
    errors = []
    for error in faults(kms, command):
        errors.append(error)
        if error != "none":
            assert_same(vm.screendump(), adapter.shows(old))
        else:
            kms.flip(1)
    assert errors.count("ENOMEM") > 2 and set(errors) <= {"ENOMEM", "none"}
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 2)))


def test_probe(vm, client, adapter):
    """Without memory to save firmware's screen all works, but the screen is black in the end."""
    driver, device = binding(vm)
    kms = client(vm)
    kms.close()
    kms.ask(f"write {driver}/unbind {device}")
    text = vm.screendump()
    errors, unsaved = [], 0
    for error in faults(kms, f"write {driver}/bind {device}"):
        errors.append(error)
        # udev's part, which can fail by itself, is not the driver's
        node = vm.sh("ls /dev/dri 2>/dev/null || true")
        assert error == "none" or node == ""
        if error != "none":
            continue
        lost = vm.dmesg().count("no memory to save the screen")
        if node:
            kms.card("vgakms")
            if lost > unsaved:
                show(kms, 1)
            kms.close()
        kms.ask(f"write {driver}/unbind {device}")
        shot = vm.screendump()
        if lost > unsaved:
            assert not shot.any()
            text, unsaved = shot, lost
        else:
            assert_same(shot, text)
    assert errors.count("ENOMEM") > 20
    assert unsaved > 0
    kms.card("vgakms")
    expected = show(kms, 1)
    assert_same(vm.screendump(), adapter.shows(expected))


def test_unbind(vm, client, adapter):
    """Nothing stops it once it has begun, and firmware's screen is back."""
    driver, device = binding(vm)
    kms = client(vm)
    kms.close()
    kms.ask(f"write {driver}/unbind {device}")
    text = vm.screendump()
    kms.ask(f"write {driver}/bind {device}")
    for error in faults(kms, f"write {driver}/unbind {device}"):
        assert error in ("ENOMEM", "none")
        if error == "none":
            assert_same(vm.screendump(), text)
            kms.ask(f"write {driver}/bind {device}")
        kms.card("vgakms")
        show(kms, 1)
        kms.close()
