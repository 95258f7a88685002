# SPDX-License-Identifier: GPL-2.0-or-later
"""Each allocation fails once: an error, the old picture, nothing lost, and the next try works.

This takes the debug kernel. Its fault injection counts the allocations of one thread, the client's.
"""

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, VGA
from drivers import binding
from memory import check_leaks
from picture import assert_same, compose, image, pattern, show

pytestmark = pytest.mark.kernels("debug")

NO_CONSOLE = "drm_kms_helper.fbdev_emulation=0"
# Any allocation, and no stack trace in the log for each
PREPARE = """
set -e
cd /sys/kernel/debug
for kind in failslab fail_page_alloc; do
    echo 0 >$kind/ignore-gfp-wait
    echo 0 >$kind/verbose
done
echo 0 >fail_page_alloc/min-order
echo 0 >fail_page_alloc/ignore-gfp-highmem
"""
# What the kernel has lost before does not count.
FORGET_LEAKS = "echo scan >/sys/kernel/debug/kmemleak; echo clear >/sys/kernel/debug/kmemleak"
# More than any command here allocates
MANY = 5000


@pytest.fixture(params=[VGA, BOCHS_DISPLAY, CIRRUS], ids=str)
def adapter(request):
    return request.param


@pytest.fixture
def vm(boot, adapter):
    vm = boot(devices=[adapter.device], append=NO_CONSOLE, load=False, fresh=True)
    prepare(vm)
    yield vm
    check_leaks(vm)


def prepare(vm):
    """What has to be done after each boot; the text screen gets a word, and no cursor that blinks."""
    vm.sh("printf 'Hello\\033[?25l' >/dev/tty0")
    vm.load()
    vm.sh(PREPARE)
    vm.sh(FORGET_LEAKS)


def faults(kms, line, errors=("ENOMEM",)):
    """Carry the command out with one allocation failing after the other, and yield its errors."""
    number = 1
    while (fault := kms.nth(number, line)).injected:
        assert fault.error in (*errors, "none")
        yield fault.error
        number += 1
        assert number < MANY
    print(f"{line}: {number - 1} allocations failed")
    assert fault.error == "none"
    assert number > 1


def unbound(vm, kms):
    """Take the adapter from the driver: the lines that bind and unbind it, and firmware's screen."""
    driver, device = binding(vm)
    kms.close()
    kms.ask(f"write {driver}/unbind {device}")
    return f"write {driver}/bind {device}", f"write {driver}/unbind {device}", vm.screendump()


def check_faults(vm, kms, adapter, line, back, old, new):
    """The command shows the new picture, or fails and leaves the old one; another command goes back to that."""
    errors = set()
    for error in faults(kms, line):
        errors.add(error)
        assert_same(vm.screendump(), adapter.shows(new if error == "none" else old))
        if error == "none":
            kms.ask(back)
    assert "ENOMEM" in errors
    assert_same(vm.screendump(), adapter.shows(new))


def test_mode_set(vm, client, adapter):
    kms = client(vm)
    old = show(kms, 1, "800x600")
    kms.fb(2, 1024, 768)
    kms.pattern(2, 2)
    check_faults(vm, kms, adapter, "set 2 mode=1024x768", "set 1 mode=800x600", old,
                 pattern(1024, 768, 2))


@pytest.mark.parametrize("command", ["flip", "nbflip", "pageflip"])
def test_flip(vm, client, adapter, command):
    kms = client(vm)
    old = show(kms, 1, "800x600")
    kms.noise(800, 600, 2)
    check_faults(vm, kms, adapter, f"{command} 2", "flip 1", old, pattern(800, 600, 2))


@pytest.mark.parametrize("line, back", [("cursor 2 100 50", "nocursor"), ("setcursor 2", "hidecursor")])
def test_cursor(vm, client, adapter, line, back):
    kms = client(vm)
    old = show(kms, 1, "800x600")
    kms.fb(2, 64, 64, format="AR24")
    kms.pattern(2, 2, junk=3)
    kms.movecursor(100, 50)
    check_faults(vm, kms, adapter, line, back, old, compose(old, image(64, 64, 2, 3), 100, 50))


def test_moved_cursor(vm, client, adapter):
    kms = client(vm)
    picture = show(kms, 1, "800x600")
    kms.fb(2, 64, 64, format="AR24")
    kms.pattern(2, 2, junk=3)
    kms.setcursor(2)
    cursor = image(64, 64, 2, 3)
    check_faults(vm, kms, adapter, "movecursor 100 50", "movecursor 0 0", compose(picture, cursor, 0, 0),
                 compose(picture, cursor, 100, 50))


# what DRM says where it had no memory for a part of a device, and what vgakms does
@pytest.mark.dmesg(r"\*ERROR\* .*: -12$", r"\*ERROR\* Cannot initialize graphics execution manager",
                   r"\*ERROR\* cannot map the registers$",
                   # where it fails to register a device, DRM takes its own cleaning up for a mistake
                   r"WARNING: drivers/gpu/drm/drm_mode_object\.c:", "Call Trace:")
def test_probe(vm, client, adapter):
    """It fails, or all works. Without memory to save the text, the screen is black in the end."""
    kms = client(vm)
    bind, unbind, text = unbound(vm, kms)
    errors = set()
    # Without memory to note who has a BAR, Linux says that it is busy, and what it cannot map that it is not there.
    for error in faults(kms, bind, ("ENOMEM", "EBUSY", "ENXIO")):
        errors.add(error)
        # the node in /dev is not the driver's to make, and can fail by itself
        node = vm.sh("ls /dev/dri 2>/dev/null || true")
        if error != "none":
            assert node == ""
            continue
        if node:
            kms.card("vgakms")
            expected = show(kms, 1, "640x480")
            assert_same(vm.screendump(), adapter.shows(expected))
            kms.close()
        kms.ask(unbind)
        if "no memory to save the screen" not in vm.boot_log():
            assert_same(vm.screendump(), text)
            continue
        # a single allocation does this, and it is not always met: how many come before it varies
        assert not vm.screendump().any()
        vm.qmp("system_reset")
        vm.wait_ready()
        prepare(vm)
        kms.channel = vm.channel(2, "kms")
        kms.card("vgakms")
        bind, unbind, text = unbound(vm, kms)
    assert "ENOMEM" in errors


# what DRM's helper says where it had no memory to switch off in order
@pytest.mark.dmesg("Disabling all crtc's during unload failed with -12")
def test_unbind(vm, client, adapter):
    """Nothing stops it once it has begun, and firmware's screen is back."""
    kms = client(vm)
    bind, unbind, text = unbound(vm, kms)
    kms.ask(bind)
    for error in faults(kms, unbind):
        if error == "none":
            assert_same(vm.screendump(), text)
            kms.ask(bind)
        kms.card("vgakms")
        show(kms, 1)
        kms.close()
