# SPDX-License-Identifier: GPL-2.0-or-later
"""vgakms is not the first: an in-tree driver is built in, simpledrm has firmware's screen, the console waits.

The kernel for this is called late: see tools/debugkernel. docs/install.md and docs/screen.md say what users see of it.
"""

import secrets

import numpy as np
import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, UEFI, VGA
from kms import command
from picture import assert_same, pattern, show
from test_handover import bar_address
from test_panic import check_panic_screen
from vm import ClientError

pytestmark = pytest.mark.kernels("late")

# The in-tree driver's name and ours
NAMES = {VGA: ("bochs-drm", "vgakms-bochs"), BOCHS_DISPLAY: ("bochs-drm", "vgakms-bochs"),
         CIRRUS: ("cirrus-qemu", "vgakms-cirrus")}
# What docs/install.md says of those that are built in
NO_IN_TREE = "initcall_blacklist=bochs_pci_driver_init,cirrus_pci_driver_init"
NO_SIMPLEDRM = "initcall_blacklist=simpledrm_platform_driver_init"
# The log's lines go to the screen as well, but only errors.
QUIET = "quiet console=tty0 console=ttyS0"
# The console's text, on black
GRAY = (0, 170)

VESA = {"append": "vga=0x343"}
VESA_16_BPP = {"append": "vga=0x314"}
# What firmware shows
SCREENS = {"VGA-vesa": (VGA, VESA, "800x600"), "VGA-uefi": (VGA, UEFI, "1280x800"),
           "bochs-display-uefi": (BOCHS_DISPLAY, UEFI, "1280x800"),
           "cirrus-vga-vesa": (CIRRUS, VESA_16_BPP, "800x600"), "cirrus-vga-uefi": (CIRRUS, UEFI, "800x600")}
ON_ANY = pytest.mark.parametrize("adapter, firmware, mode", SCREENS.values(), ids=SCREENS)
ON_BOCHS = pytest.mark.parametrize("adapter, firmware, mode", list(SCREENS.values())[:3], ids=list(SCREENS)[:3])


def start(boot, adapter, words, firmware=None, load=False):
    """A machine whose adapter is called "vga"; words are for the kernel's command line."""
    arguments = dict(firmware or {}, append=f"{(firmware or {}).get('append', '')} {words}")
    return boot(devices=[f"{adapter.device},id=vga"], load=load, fresh=True, **arguments)


def driver(vm):
    """The name of the PCI driver that has the adapter"""
    return vm.sh(f"basename $(readlink /sys/bus/pci/devices/{vm.pci_address('vga')}/driver)").strip()


def size_of(mode):
    return tuple(map(int, mode.split("x")))


def check_console(vm, mode):
    """Have a word on the console, and nothing else on the screen."""
    width, height = size_of(mode)

    def is_word(shot):
        return (shot.shape == (height, width, 3) and shot[:16, :40].any()
                and not shot[16:].any() and not shot[:, 40:].any())

    vm.sh("printf '\\033[2J\\033[H\\033[?25lHello' >/dev/tty0")
    vm.wait_screen(is_word, "a word on the console")


def preferred(adapter):
    return "1280x800" if adapter.edid else "1024x768"


def check_screen(vm, client, adapter):
    """The console is there, and then a client's picture."""
    check_console(vm, preferred(adapter))
    expected = show(client(vm), 1)
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.parametrize("adapter", [VGA, CIRRUS], ids=str)
def test_in_tree_driver_is_left_out(boot, client, adapter):
    """By a word on the kernel's command line vgakms gets the adapter, as if it were the first."""
    vm = start(boot, adapter, NO_IN_TREE, load=True)
    assert driver(vm) == NAMES[adapter][1]
    check_screen(vm, client, adapter)


@pytest.mark.parametrize("adapter, firmware, loaded", [(VGA, {}, True), (VGA, UEFI, False), (BOCHS_DISPLAY, UEFI, True),
                                                       (CIRRUS, {}, False)],
                         ids=["VGA", "VGA-uefi", "bochs-display-uefi", "cirrus-vga"])
def test_in_tree_driver_is_relieved(boot, client, adapter, firmware, loaded):
    """What docs/screen.md says, whether vgakms is loaded before or not; a client of the other driver gets errors."""
    vm = start(boot, adapter, "fbcon=nodefer", firmware)
    address, (theirs, ours) = vm.pci_address("vga"), NAMES[adapter]
    holder = client(vm, card=("pci", address), number=3)
    show(holder, 1)
    if loaded:
        vm.load()
    assert driver(vm) == theirs
    vm.sh(f"echo {ours} >/sys/bus/pci/devices/{address}/driver_override; "
          f"echo {address} >/sys/bus/pci/devices/{address}/driver/unbind")
    if not loaded:
        vm.load()
    vm.sh(f"echo {address} >/sys/bus/pci/drivers_probe")
    assert driver(vm) == ours

    check_console(vm, preferred(adapter))
    kms = client(vm)
    expected = show(kms, 2, "1024x768")
    assert_same(vm.screendump(), adapter.shows(expected))
    with pytest.raises(ClientError, match="ENODEV"):
        holder.flip(1)
    assert_same(vm.screendump(), adapter.shows(expected))
    kms.channel.close()
    assert holder.channel.close() == 0

    vm.sh(f"echo >/sys/bus/pci/devices/{address}/driver_override; "
          f"echo {address} >/sys/bus/pci/devices/{address}/driver/unbind; echo {address} >/sys/bus/pci/drivers_probe")
    assert driver(vm) == theirs
    check_console(vm, vm.sh("cat /sys/class/graphics/fb0/virtual_size").strip().replace(",", "x"))


@ON_ANY
def test_simpledrm_is_not_there(boot, client, adapter, firmware, mode):
    """Firmware's screen has no driver, and what would be one's device is gone once vgakms is there."""
    vm = start(boot, adapter, f"{NO_IN_TREE} {NO_SIMPLEDRM}", firmware)
    device = "/sys/bus/platform/devices/simple-framebuffer.0"
    vm.sh(f"test -d {device} && test ! -e /dev/fb0 && test ! -e /dev/dri")
    vm.load()
    vm.sh(f"test ! -e {device}")
    check_screen(vm, client, adapter)


@ON_ANY
def test_console_on_simpledrm(boot, client, adapter, firmware, mode):
    """The console goes from simpledrm to vgakms."""
    vm = start(boot, adapter, NO_IN_TREE, firmware)
    assert "simpledrmdrmfb" in vm.sh("cat /proc/fb")
    check_console(vm, mode)
    vm.load()
    assert vm.sh("cat /proc/fb") == "0 vgakmsdrmfb\n"
    check_screen(vm, client, adapter)


@ON_ANY
def test_client_on_simpledrm(boot, client, adapter, firmware, mode):
    """It flips when vgakms comes; then it gets errors, and nothing of it is on the screen any more."""
    vm = start(boot, adapter, NO_IN_TREE, firmware)
    holder = client(vm, card=("simpledrm",), number=3)
    show(holder, 1, mode)
    holder.noise(*size_of(mode), 2)
    holder.spin(1, 2)
    frame = vm.screendump()
    vm.wait_screen(lambda shot: (shot != frame).any(), "another frame")
    vm.load()
    assert holder.stop().error == "ENODEV"

    check_console(vm, preferred(adapter))
    kms = client(vm)
    expected = show(kms, 3)
    for attempt in (lambda: holder.flip(1), lambda: holder.dirty(1), lambda: holder.set(1, mode=mode)):
        with pytest.raises(ClientError, match="ENODEV"):
            attempt()
    assert_same(vm.screendump(), adapter.shows(expected))
    kms.channel.close()
    assert holder.channel.close() == 0
    check_console(vm, preferred(adapter))


@ON_ANY
def test_splash_on_simpledrm(boot, client, adapter, firmware, mode):
    """As plymouth may do, a process has mapped /dev/fb0 and draws there, before vgakms comes and afterwards."""
    vm = start(boot, adapter, NO_IN_TREE, firmware)
    holder = vm.channel(3, "fbdev /dev/fb0")
    # whoever writes to the console has it take over the screen; before that nobody shows what is drawn
    check_console(vm, mode)
    holder.ask("fill 5a")
    vm.wait_screen(lambda shot: shot.all(), "a picture without black")
    vm.load()

    check_console(vm, preferred(adapter))
    kms = client(vm)
    expected = show(kms, 1)
    holder.ask("fill a5")
    kms.vblank(30)  # what is drawn there is shown within a twentieth of a second, if at all
    assert_same(vm.screendump(), adapter.shows(expected))
    assert holder.close() == 0
    kms.channel.close()
    check_console(vm, preferred(adapter))


def paint(vm):
    """Draw on firmware's screen, behind everybody's back, and return the whole picture."""
    vram = bar_address(vm, 0)
    vm.sh(f"for at in $(seq 0 4 252); do busybox devmem $(({vram} + at)) 32 $((0x5a00ff + at * 256)); done")
    return vm.wait_screen(lambda shot: shot[0, :40].any(axis=-1).all(), "what was drawn")


def load_and_look(vm, before):
    """Load vgakms, whose console waits. Meanwhile, and then, the screen is as before."""
    mark = secrets.token_hex(8)

    def is_loaded(shot):
        assert_same(shot, before)
        return mark in vm.boot_log()

    vm.post(f"/vgakms/tools/guest-init load; echo {mark} >/dev/ttyS0")
    vm.wait_screen(is_loaded, "what was there before, until vgakms is loaded")
    assert vm.sh("cat /proc/fb") == "0 vgakmsdrmfb\n"
    check_console_waits(vm, before)


def check_console_waits(vm, before):
    log = vm.sh("dmesg")
    assert "Deferring console take-over" in log and "Taking over console" not in log
    assert_same(vm.screendump(), before)


def check_console_takes_over(vm, adapter):
    """An error of the kernel's is reason enough."""
    width, height = size_of(preferred(adapter))
    vm.sh("echo '<3>error' >/dev/kmsg")
    vm.wait_screen(lambda shot: shot.shape == (height, width, 3) and shot.any() and np.isin(shot, GRAY).all(),
                   "only what the console shows")


def mode_registers_written(accesses):
    """Those of dispi: Cirrus has none, and its picture has to do."""
    return [access for access in accesses if access.kind == "w" and access.region == "bochs dispi interface"]


@pytest.mark.parametrize("first", ["simpledrm", "nobody"])
@ON_ANY
def test_firmware_picture_stays(boot, adapter, firmware, mode, first):
    """The console waits for something to say: until then loading changes no pixel, and sets no mode."""
    vm = start(boot, adapter, f"{NO_IN_TREE} {QUIET}" + f" {NO_SIMPLEDRM}" * (first == "nobody"), firmware)
    before = paint(vm)
    with vm.accesses() as accesses:
        load_and_look(vm, before)
    assert mode_registers_written(accesses) == []
    vm.sh("echo '<5>no error, so it is not shown' >/dev/kmsg")
    check_console_waits(vm, before)
    with vm.accesses() as accesses:
        check_console_takes_over(vm, adapter)
    # in firmware's mode, if that is the preferred one, none is set
    assert bool(mode_registers_written(accesses)) == (adapter is not CIRRUS and mode != preferred(adapter))


@ON_ANY
def test_unload_before_the_first_mode_set(boot, adapter, firmware, mode):
    """It changes no pixel either, and vgakms may come again."""
    vm = start(boot, adapter, f"{NO_IN_TREE} {QUIET}", firmware)
    before = paint(vm)
    load_and_look(vm, before)
    with vm.accesses() as accesses:
        vm.unload()
    assert accesses == []
    check_console_waits(vm, before)
    load_and_look(vm, before)
    check_console_takes_over(vm, adapter)


@ON_BOCHS
def test_firmware_picture_stays_until_the_first_clients(boot, client, adapter, firmware, mode):
    """In firmware's mode one picture follows the other: no mode set, and nothing black between them."""
    vm = start(boot, adapter, f"{NO_IN_TREE} {QUIET}", firmware)
    before = paint(vm)
    load_and_look(vm, before)
    # opened once: when the only program that has it open closes it, the console gets the screen
    kms = client(vm, card=("pci", vm.pci_address("vga")))
    kms.noise(*size_of(mode), 1)
    expected = adapter.shows(pattern(*size_of(mode), 1))
    assert_same(vm.screendump(), before)

    def is_expected(shot):
        assert shot.shape == before.shape and ((shot == before) | (shot == expected)).all()
        return (shot == expected).all()

    with vm.accesses() as accesses:
        kms.post(command("set", 1, mode=mode))
        vm.wait_screen(is_expected, "the client's picture")
        kms.wait()
    assert mode_registers_written(accesses) == []


@ON_ANY
@pytest.mark.dmesg("Kernel panic", "Call Trace:")
def test_panic_on_firmware_picture(boot, adapter, firmware, mode):
    """A panic before the first mode set is shown in firmware's mode; but on Cirrus the picture stays."""
    vm = start(boot, adapter, f"{NO_IN_TREE} {QUIET}", firmware)
    before = paint(vm)
    load_and_look(vm, before)
    # not by sysrq, whose message makes the console take over, and not by an NMI: if it hits the scheduler, Linux hangs
    vm.post("echo 1 >/proc/sys/vm/panic_on_oom; tail /dev/zero")
    vm.wait_log("---\\[ end Kernel panic", timeout=120)  # all memory has to be filled first
    shot = vm.screendump()
    if adapter is CIRRUS:
        assert_same(shot, before)
    else:
        check_panic_screen(shot, adapter, *size_of(mode))
