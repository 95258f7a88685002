# SPDX-License-Identifier: GPL-2.0-or-later
"""From firmware and back to firmware."""

import time

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, PORTS, UEFI, VGA, thorough
from drivers import RELEASE_CONSOLE
from kms import timings
from picture import assert_same, pattern, show
from test_kexec import SAME_KERNEL
from writes import Writes

NO_CONSOLE = "drm_kms_helper.fbdev_emulation=0"

# dispi registers, without those that enabling computes or that do not read back
DISPI = (1, 2, 3, 4, 6, 8, 9)


def use(vm, client, mode="1024x768"):
    """Show something in a mode of vgakms, and unload it."""
    vm.load()
    kms = client(vm)
    width, height = map(int, mode.split("x"))
    kms.fb(1, width, height)
    kms.pattern(1, seed=1)
    kms.set(1, mode=mode)
    assert vm.screendump().shape == (height, width, 3)
    kms.channel.close()
    vm.sh(f"{RELEASE_CONSOLE}; rmmod vgakms")


@pytest.mark.parametrize("adapter, machine", [(VGA, "pc"), (VGA, "q35"), (PORTS, "pc"), (CIRRUS, "pc")],
                         ids=str)
def test_text_is_back(boot, client, adapter, machine):
    """Characters, font, colors and cursor are those of before, twice in a row."""
    vm = boot(devices=[adapter.device], machine=machine, load=False, fresh=True)
    # more lines than there is room for, colors, and no cursor that blinks
    vm.sh("seq 100 >/dev/tty0; printf '\\033[1;33;44mHello\\033[0m\\033[?25l' >/dev/tty0")
    text = vm.screendump()
    for _ in range(2):
        use(vm, client)
        assert_same(vm.screendump(), text)


FIRMWARE_SCREENS = pytest.mark.parametrize("adapter, firmware", [
    (VGA, dict(append="vga=0x343")), (VGA, UEFI), thorough(PORTS, dict(append="vga=0x343")), (BOCHS_DISPLAY, UEFI),
    thorough(BOCHS_DISPLAY, dict(UEFI, machine="pc")), (CIRRUS, dict(append="vga=0x314")), thorough(CIRRUS, UEFI)],
    ids=["VGA-vesa", "VGA-uefi", "ports-vesa", "bochs-display-uefi", "bochs-display-uefi-pc", "cirrus-vga-vesa",
         "cirrus-vga-uefi"])


@FIRMWARE_SCREENS
def test_firmware_framebuffer_in_use(boot, client, adapter, firmware):
    """A process that holds firmware's framebuffer is in nobody's way, and what it draws does not last."""
    vm = boot(devices=[adapter.device], load=False, fresh=True, **firmware)
    holder = vm.channel(3, "fbdev /dev/fb0")
    holder.ask("fill 0")  # it has it open, and mapped
    vm.load()
    assert "others claim its memory" in vm.boot_log()
    kms = client(vm)

    def scribble():
        before = vm.screendump()
        holder.ask("fill 5a")
        assert (vm.screendump() != before).any()

    expected = show(kms, 1)
    assert_same(vm.screendump(), adapter.shows(expected))
    scribble()
    kms.dpms(False)
    assert not vm.screendump().any()
    kms.dpms(True)
    assert_same(vm.screendump(), adapter.shows(expected))
    scribble()
    expected = show(kms, 2, "640x480")
    assert_same(vm.screendump(), adapter.shows(expected))
    scribble()
    kms.channel.close()
    vm.sh(f"{RELEASE_CONSOLE}; rmmod vgakms")
    assert not vm.screendump().any()
    holder.close()


def bar_address(vm, bar):
    """Where the BAR of the adapter that is called "vga" is in memory."""
    lines = vm.sh(f"cat /sys/bus/pci/devices/{vm.pci_address('vga')}/resource").splitlines()
    return int(lines[bar].split()[0], 16)


def poke_dispi(vm, index, value):
    vm.sh(f"busybox devmem {bar_address(vm, 2) + 0x500 + 2 * index:#x} 16 {value}")


def dispi_registers(vm):
    start = bar_address(vm, 2) + 0x500
    return [int(vm.sh(f"busybox devmem {start + 2 * index:#x} 16"), 16) for index in DISPI]


@pytest.mark.parametrize("adapter, firmware", [
    (VGA, dict(append="vga=0x343")), (VGA, UEFI), thorough(VGA, dict(UEFI, machine="pc")), (BOCHS_DISPLAY, UEFI),
    thorough(BOCHS_DISPLAY, dict(UEFI, append=NO_CONSOLE))],
    ids=["VGA-vesa", "VGA-uefi", "VGA-uefi-pc", "bochs-display-uefi", "bochs-display-no-console"])
def test_registers_are_back(boot, client, adapter, firmware):
    """A graphics mode of firmware's is black afterwards, but ready for the next kernel to draw on."""
    vm = boot(devices=[f"{adapter.device},id=vga"], load=False, fresh=True, **firmware)
    before, size = dispi_registers(vm), vm.screendump().shape
    use(vm, client, "640x480")
    assert dispi_registers(vm) == before
    shot = vm.screendump()
    assert shot.shape == size and not shot.any()
    # the next kernel's pixels are seen
    vm.sh(f"busybox devmem {bar_address(vm, 0):#x} 32 0xffffff")
    assert vm.screendump()[0, 0].tolist() == [255, 255, 255]


@pytest.mark.kernels("newest")  # this is about registers, not about the kernel
@pytest.mark.parametrize("register, value", [(6, 2048), (8, 16), (9, 10)],
                         ids=["VIRT_WIDTH", "X_OFFSET", "Y_OFFSET"])
@pytest.mark.parametrize("adapter", [VGA, thorough(BOCHS_DISPLAY)], ids=str)
def test_leftovers(boot, client, adapter, register, value):
    """As GRUB may leave it: firmware's mode, but with another pitch, or scrolled."""
    vm = boot(devices=[f"{adapter.device},id=vga"], load=False, append=NO_CONSOLE, **UEFI)
    poke_dispi(vm, register, value)
    before = dispi_registers(vm)
    assert value in before
    vm.load()
    kms = client(vm)
    expected = show(kms, 1, "1280x800")
    assert_same(vm.screendump(), adapter.shows(expected))
    show(kms, 2, "1280x1024")  # more than firmware's mode shows, but for where that begins
    kms.channel.close()
    vm.unload()
    assert dispi_registers(vm) == before
    assert not vm.screendump().any()
    # for the next test
    poke_dispi(vm, register, 1280 if register == 6 else 0)


def move_bar(vm, bar, address):
    """Let a BAR answer elsewhere, whatever the kernel knows; a third of the adapter is then not there."""
    octal = "".join(f"\\{byte:03o}" for byte in address.to_bytes(4, "little"))
    vm.sh(f"printf '{octal}' | dd of=/sys/bus/pci/devices/{vm.pci_address('vga')}/config bs=1 "
          f"seek={0x10 + 4 * bar} conv=notrunc 2>/dev/null")


@pytest.mark.dmesg(r"\*ERROR\* no dispi interface: its ID reads 0x(0000|ffff)", r"Invalid read at addr 0x\w+, size 2, region '\(null\)'")
@pytest.mark.parametrize("firmware", [{}, dict(append="vga=0x343"), UEFI], ids=["text", "vesa", "uefi"])
def test_refusal_leaves_the_screen(boot, firmware):
    """What cannot be driven is refused before firmware's console is taken away."""
    vm = boot(devices=["VGA,id=vga"], load=False, fresh=True, **firmware)
    before = vm.sh("cat /proc/fb")
    address = bar_address(vm, 2)
    move_bar(vm, 2, 0xfea00000)
    vm.load()
    assert vm.sh("cat /proc/fb") == before
    vm.sh("printf '\\033[2J\\033[H\\033[?25l' >/dev/tty0")
    vm.wait_screen(lambda shot: not shot.any(), "firmware's console, empty")
    vm.sh("echo Hello >/dev/tty0")
    vm.wait_screen(lambda shot: shot.any(), "a word on it")
    move_bar(vm, 2, address)


def test_bar_without_an_address(boot):
    """There is not enough room behind the bridge: one line tells, and other adapters are not touched."""
    vm = boot(devices=["VGA,id=stays", "pcie-root-port,id=bridge,chassis=1"], machine="q35", fresh=True)
    start = len(vm.dmesg())
    vm.qmp("device_add", driver="bochs-display", id="large", bus="bridge", vgamem=256 << 20)
    vm.wait_log("no VRAM in BAR 0", start=start)
    assert vm.sh("ls /dev/dri").split() == ["card0"]
    assert vm.screendump("stays").any()


def word_on_firmware_screen(vm):
    """Have one there, without a cursor that blinks, and return the picture."""
    vm.sh("printf '\\033[?25lHello' >/dev/tty0")
    return vm.wait_screen(lambda shot: shot.any(), "a word on firmware's screen")


@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY, CIRRUS], ids=str)
def test_firmware_screen_stays(boot, adapter):
    """Without a console, loading changes nothing on the screen, and neither does unloading, which asks no register."""
    vm = boot(devices=[adapter.device], load=False, fresh=True, append=NO_CONSOLE, **UEFI)
    before = word_on_firmware_screen(vm)
    for _ in range(2):
        vm.load()
        assert_same(vm.screendump(), before)
        with vm.accesses() as accesses:
            vm.unload()
        assert accesses == []
        assert_same(vm.screendump(), before)


@pytest.mark.parametrize("adapter, firmware, mode", [
    (VGA, dict(append="vga=0x343"), "800x600"), (VGA, UEFI, "1280x800"), (BOCHS_DISPLAY, UEFI, "1280x800")],
    ids=["VGA-vesa", "VGA-uefi", "bochs-display-uefi"])
def test_adopted_mode(boot, client, adapter, firmware, mode):
    """As long as firmware's mode is the one that is wanted, no register is accessed; then it is programmed."""
    words = f"{firmware.get('append', '')} {NO_CONSOLE}"
    vm = boot(devices=[adapter.device], fresh=True, **{**firmware, "append": words})
    kms = client(vm)
    kms.modes()
    width, height = map(int, mode.split("x"))
    kms.noise(width, height, 1)
    expected = adapter.shows(pattern(width, height, 1))

    with vm.accesses() as accesses:
        kms.set(1, mode=mode)
        assert_same(vm.screendump(), expected)
        for blank in kms.dpms, kms.active:
            blank(False)
            assert not vm.screendump().any()
            blank(True)
            assert_same(vm.screendump(), expected)
        kms.set(1, mode=timings(width, height, 75))
        kms.off()
        kms.set(1, mode=mode)
        assert_same(vm.screendump(), expected)
    assert accesses == []

    other = show(kms, 2, "640x480")
    assert_same(vm.screendump(), adapter.shows(other))
    kms.set(1, mode=mode)
    assert_same(vm.screendump(), expected)


@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY], ids=str)
def test_suspend_before_the_first_mode_set(boot, client, adapter):
    """Firmware's mode is no longer relied on: even if a client wants this one, it is programmed."""
    vm = boot(devices=[f"{adapter.device},id=vga"], load=False, fresh=True, machine=UEFI["machine"], append=NO_CONSOLE,
              extra=(*UEFI["extra"], "-global", "ICH9-LPC.disable_s3=0"))
    word_on_firmware_screen(vm)
    before = dispi_registers(vm)
    vm.load()
    vm.suspend()
    vm.wake()
    kms = client(vm)
    with vm.accesses() as accesses:
        expected = show(kms, 1, "1280x800")
    assert [access for access in accesses if access.kind == "w"]
    assert_same(vm.screendump(), adapter.shows(expected))
    kms.channel.close()
    vm.unload()
    assert not vm.screendump().any()
    assert dispi_registers(vm) == before


@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY], ids=str)
def test_console_takes_over_without_a_mode_set(boot, adapter):
    """The console has the mode that firmware has left: no dispi register is written.

    Both consoles show the same text at the same place, so all that can be seen in between is some of
    it, on black.
    """
    vm = boot(devices=[adapter.device], load=False, fresh=True, **UEFI)
    vm.sh("printf '\\033[2J\\033[HHello\\033[?25l' >/dev/tty1")
    before = vm.wait_screen(lambda shot: shot.any(), "a word on firmware's screen")
    assert before.shape == (800, 1280, 3)
    with vm.accesses() as accesses:
        vm.post("/vgakms/tools/guest-init load")
        shots, deadline = [], time.monotonic() + 60
        while "vgakmsdrmfb frame buffer device" not in vm.dmesg():
            shots.append(vm.screendump())
            assert time.monotonic() < deadline
    shots.append(vm.wait_screen(lambda shot: (shot == before).all(), "the same word"))
    for shot in shots:
        assert ((shot == before) | (shot == 0)).all()
    assert [access for access in accesses
            if access.kind == "w" and access.region == "bochs dispi interface"] == []


def test_arbiter(boot, client):
    """Adapters with registers of their own do not take part in sharing the legacy ones."""
    vm = boot(devices=["VGA,id=VGA", "cirrus-vga,id=Cirrus"], fresh=True)
    assert vm.dmesg().count(",decodes=none") == 2
    adapters = {"VGA": VGA, "Cirrus": CIRRUS}
    kms = client(vm, card=("pci", vm.pci_address("VGA")))
    for seed, name in enumerate(adapters, 1):
        if seed > 1:
            kms.card("pci", vm.pci_address(name))
        kms.fb(seed, 800, 600)
        kms.pattern(seed, seed)
        kms.set(seed, mode="800x600")
    for seed, (name, adapter) in enumerate(adapters.items(), 1):
        assert_same(vm.screendump(name), adapter.shows(pattern(800, 600, seed)))

    kms.channel.close()
    vm.sh("for console in /sys/class/vtconsole/vtcon*; do echo 0 >$console/bind || true; done; rmmod vgakms")
    assert vm.dmesg().count(",decodes=io+mem") == 2


LARGE = {VGA: "VGA,vgamem_mb=512", BOCHS_DISPLAY: "bochs-display,vgamem=256M", CIRRUS: "cirrus-vga,vgamem_mb=16"}


@pytest.mark.kernels("newest")  # this is about VRAM, not about the kernel
@pytest.mark.parametrize("adapter, end", [
    (VGA, "unload"), thorough(VGA, "reboot"), (VGA, "kexec"), thorough(BOCHS_DISPLAY, "unload"), (BOCHS_DISPLAY, "reboot"),
    (CIRRUS, "unload"), thorough(CIRRUS, "reboot")],
    ids=str)
def test_only_what_was_shown_is_made_black(boot, client, adapter, end):
    """Most of a large VRAM was never used, and its host never had to provide it."""
    # whatever comes after the driver does not count: that the machine stops there is what ends the count
    stop = ("-action", "reboot=shutdown,shutdown=pause")
    options = {**Writes.OPTIONS, "extra": (*Writes.OPTIONS["extra"], *stop)}
    vm = boot(devices=[LARGE[adapter]], append=NO_CONSOLE, fresh=True, **options)
    kms = client(vm)
    show(kms, 1, "1024x768")
    show(kms, 2, "640x480")
    kms.channel.close()
    if end == "kexec":
        vm.sh(SAME_KERNEL)
    with Writes(vm, LARGE[adapter]).count() as counted:
        if end == "unload":
            vm.unload()
        else:
            vm.broken = True  # nobody answers any more
            start = len(vm.dmesg())
            vm.post("reboot -f" if end == "reboot" else "kexec -e")
            if end == "reboot":
                vm.wait_event("SHUTDOWN")
            else:
                # the plugin makes the way there slow
                vm.wait_log("Linux version", start=start, timeout=120)
    shown = adapter.with_vram(16).depth(1024, 768) // 8 * 1024 * 768
    # what firmware shows: a picture, or text, which is put back besides
    firmware = 1280 * 800 * 4 if adapter is BOCHS_DISPLAY else 256 << 10
    assert 0 < counted.bytes <= shown + firmware
