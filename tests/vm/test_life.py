# SPDX-License-Identifier: GPL-2.0-or-later
"""Loading, unloading, unplugging, sleeping and rebooting, with and without clients."""

import re

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, PORTS, SECONDARY, UEFI, VGA, thorough
from drivers import RELEASE_CONSOLE, binding, unbind
from memory import CYCLES, cycles
from picture import assert_same, pattern, show
from vm import ClientError, GuestError


@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY, CIRRUS], ids=str)
def test_load_and_unload(boot, client, adapter):
    vm = boot(devices=[adapter.device], load=False, fresh=True)
    for cycle in cycles(vm, CYCLES):
        vm.load()
        kms = client(vm)
        expected = show(kms, cycle % 50)
        assert_same(vm.screendump(), adapter.shows(expected))
        kms.channel.close()
        vm.sh(RELEASE_CONSOLE)
        vm.unload()
    assert "vgakms" not in vm.sh("cat /proc/ioports /proc/iomem")


@pytest.mark.parametrize("adapter", [PORTS, thorough(SECONDARY), CIRRUS], ids=str)
def test_rebind_while_a_client_flips(boot, client, adapter):
    """The client gets an error, keeps its file, and the next one has the device."""
    vm = boot(devices=[adapter.device], fresh=True)
    driver, device = binding(vm)
    for cycle in cycles(vm, CYCLES):
        kms = client(vm)
        show(kms, cycle % 50)
        kms.fb(50, 800, 600)
        kms.spin(cycle % 50, 50)
        vm.sh(f"{RELEASE_CONSOLE}; echo {device} >{driver}/unbind")
        assert kms.stop().error == "ENODEV"
        vm.sh(f"echo {device} >{driver}/bind")
        kms.channel.close()
    kms = client(vm)
    expected = show(kms, 1)
    assert_same(vm.screendump(), adapter.shows(expected))


def test_unload_in_use(boot, client):
    vm = boot(devices=["VGA"], fresh=True)
    kms = client(vm)
    show(kms, 1)
    unbind(vm)
    with pytest.raises(GuestError, match="in use"):
        vm.unload()
    kms.channel.close()
    vm.unload()


@pytest.mark.parametrize("adapter", [SECONDARY, BOCHS_DISPLAY], ids=str)
def test_unplug_while_a_client_flips(boot, client, adapter):
    """Plug it in, flip, pull it out."""
    vm = boot(devices=["VGA,id=stays"], fresh=True)
    first = vm.sh("ls /dev/dri")
    # QEMU 7.2 never quite lets go of a bochs-display, neither of its name nor of its slot, and says nothing.
    slots = range(9, 32) if adapter is BOCHS_DISPLAY else [9]
    for cycle in cycles(vm, min(CYCLES // 2, 23) if adapter is BOCHS_DISPLAY else CYCLES // 2):
        name = f"hot{cycle}"
        vm.qmp("device_add", driver=adapter.device, id=name, addr=f"{slots[cycle % len(slots)]:#x}")
        vm.sh("until [ -e /dev/dri/card1 ]; do :; done")
        kms = client(vm, card=("/dev/dri/card1",))
        expected = show(kms, cycle % 50)
        assert_same(vm.screendump(name), adapter.shows(expected))
        kms.fb(50, 800, 600)
        kms.spin(cycle % 50, 50)
        vm.qmp("device_del", id=name)
        if adapter is SECONDARY:
            vm.wait_event("DEVICE_DELETED")
        vm.sh("while [ -e /dev/dri/card1 ]; do :; done")
        assert kms.stop().error == "ENODEV"
        kms.channel.close()
        assert vm.sh("ls /dev/dri") == first


def test_unplug_while_a_client_reports_damage(boot, client):
    """Much damage, again and again, holds nobody up: another adapter is unplugged, the client killed."""
    vm = boot(devices=["VGA,id=stays"], fresh=True)
    vm.qmp("device_add", driver="secondary-vga", id="hot", addr="9")
    vm.sh("until [ -e /dev/dri/card1 ]; do :; done")
    kms = client(vm, card=("pci", vm.pci_address("stays")))
    show(kms, 1)
    kms.post("loop 1000000 flip 1 clips=0,0,800,600 repeat=1048575")
    vm.qmp("device_del", id="hot")
    vm.wait_event("DEVICE_DELETED")
    vm.sh("while [ -e /dev/dri/card1 ]; do :; done; pkill -x kms; while pgrep -x kms >/dev/null; do :; done")
    kms.channel.closed = True
    kms = client(vm)
    expected = show(kms, 2)
    assert_same(vm.screendump("stays"), VGA.shows(expected))


# Take the adapter away as soon as its card is gone, which is in the midst of a shutdown.
AWAY = """
cd {device}
until [ ! -e /dev/dri/card0 ]; do :; done
echo {value} >{file}
echo {file}: done >/dev/kmsg
"""


@pytest.mark.parametrize("adapter, how, end", [
    (VGA, "unbind", "reboot"), thorough(BOCHS_DISPLAY, "unbind", "kexec"), (BOCHS_DISPLAY, "remove", "reboot"),
    thorough(VGA, "remove", "kexec")], ids=str)
def test_away_during_shutdown(boot, client, adapter, how, end):
    """A driver that has been shut down may still lose its device."""
    vm = boot(devices=[f"{adapter.device},id=vga"], cpus=2, fresh=True)
    show(client(vm), 1)
    device = f"/sys/bus/pci/devices/{vm.pci_address('vga')}"
    file, value = ("driver/unbind", vm.pci_address("vga")) if how == "unbind" else ("remove", 1)
    # each device that is shut down says so, and that takes a while
    vm.sh("echo 1 >/sys/module/kernel/parameters/initcall_debug; echo 20 >/proc/sys/kernel/printk_delay")
    vm.post(f"({AWAY.format(device=device, file=file, value=value)}) &")
    start = len(vm.dmesg())
    if end == "kexec":
        vm.sh("folder=/boot/$(uname -r); "
              "kexec -s -l $folder/vmlinuz --initrd=$folder/initrd --reuse-cmdline")
        vm.post("kexec -e")
    else:
        vm.post("reboot -f")
    vm.wait_ready()
    assert "vgakms" not in vm.sh("lsmod")
    assert f"{file}: done" in vm.dmesg()[start:]


def check_suspend_and_resume(vm, kms, adapter):
    expected = show(kms, 1)
    for _ in cycles(vm, CYCLES // 5):
        vm.suspend()
        vm.wake()
        assert_same(vm.screendump(), adapter.shows(expected))
    assert_same(vm.screendump(), adapter.shows(expected))
    kms.pattern(1, seed=2)
    kms.dirty(1)
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 2)))
    expected = show(kms, 3, "1024x768")
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.pair
def test_suspend_and_resume(boot, client, adapter):
    """The picture is back without the client's doing, and so is all the rest."""
    vm = boot(devices=[adapter.device], extra=("-global", "PIIX4_PM.disable_s3=0"))
    check_suspend_and_resume(vm, client(vm), adapter)


@pytest.mark.kernels("newest")  # this is about firmware
@pytest.mark.parametrize("adapter", [VGA, thorough(BOCHS_DISPLAY), thorough(CIRRUS)], ids=str)
def test_suspend_and_resume_with_uefi(boot, client, adapter):
    vm = boot(devices=[adapter.device], machine=UEFI["machine"],
              extra=(*UEFI["extra"], "-global", "ICH9-LPC.disable_s3=0"))
    check_suspend_and_resume(vm, client(vm), adapter)


def test_suspend_while_blanked(boot, client, adapter):
    """Firmware may draw on the screen while the machine wakes up, but nothing of it stays."""
    vm = boot(devices=[adapter.device], extra=("-global", "PIIX4_PM.disable_s3=0"))
    kms = client(vm)
    expected = show(kms, 1)
    vm.screendump()  # the host looks at the screen: black will have its size
    kms.active(False)
    assert not vm.screendump().any()
    vm.suspend()
    vm.wake()
    assert not vm.screendump().any()
    kms.active(True)
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.parametrize("adapter", [thorough(VGA), thorough(PORTS), thorough(SECONDARY), BOCHS_DISPLAY, CIRRUS], ids=str)
def test_restart(boot, client, adapter):
    """In the midst of flips. bochs-display keeps its registers across a reset, others forget everything."""
    vm = boot(devices=[adapter.device])
    kms = client(vm)
    kms.noise(1024, 768, 1, 2)
    kms.set(1, mode="1024x768")
    kms.spin(1, 2)
    assert vm.screendump().shape == (768, 1024, 3)
    if adapter is VGA:
        vm.post("reboot -f")
    else:
        vm.qmp("system_reset")
    vm.wait_ready()
    vm.load()
    expected = show(client(vm), 2, "640x480")
    assert_same(vm.screendump(), adapter.shows(expected))


def test_nomodeset(boot):
    vm = boot(devices=["VGA"], append="nomodeset", load=False, fresh=True)
    with pytest.raises(GuestError, match="No such device"):
        vm.load()
    assert vm.sh("ls /dev/dri 2>/dev/null || true") == ""


@pytest.mark.parametrize("adapter, vesa", [(VGA, "0x343"), (PORTS, "0x343"), (CIRRUS, "0x314")], ids=str)
def test_firmware_framebuffer_is_evicted(boot, client, adapter, vesa):
    """The kernel starts in a VESA mode; vgakms takes the screen over."""
    vm = boot(devices=[adapter.device], append=f"vga={vesa}", load=False, fresh=True)
    assert "VESA VGA" in vm.sh("cat /proc/fb")
    vm.load()
    assert "VESA VGA" not in vm.sh("cat /proc/fb")
    # vesafb had it mapped uncached, and vgakms has not
    vram = int(vm.sh("head -n 1 /sys/bus/pci/drivers/vgakms-*/0000:*/resource").split()[0], 16)
    assert re.search(rf"\[mem 0x0*{vram:x}-\w+\] write-combining", vm.sh("cat /sys/kernel/debug/x86/pat_memtype_list"))
    expected = show(client(vm), 1)
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.parametrize("primary", [VGA, CIRRUS], ids=str)
def test_many_adapters(boot, client, primary):
    adapters = dict(a=primary, b=SECONDARY, c=BOCHS_DISPLAY, d=CIRRUS if primary is VGA else VGA)
    vm = boot(devices=[f"{adapter.device},id={name}" for name, adapter in adapters.items()], fresh=True)
    assert vm.sh("ls /dev/dri").split() == ["card0", "card1", "card2", "card3"]
    kms = client(vm, card=("pci", vm.pci_address("a")))
    pictures = {"a": show(kms, 1)}
    for seed, name in enumerate("bcd", 2):
        kms.card("pci", vm.pci_address(name))
        pictures[name] = show(kms, seed)
    for name, adapter in adapters.items():
        assert_same(vm.screendump(name), adapter.shows(pictures[name]))


@pytest.mark.parametrize("devices", [("VGA,mmio=off", "VGA"), ("VGA", "VGA,mmio=off"),
                                     ("VGA,mmio=off", "cirrus-vga")], ids=" and ".join)
def test_only_one_vga_by_ports(boot, devices):
    """There is one set of legacy ports, and no telling whose: refused in one line, firmware's screen stays."""
    vm = boot(devices=[f"{device},id=vga{number}" for number, device in enumerate(devices)], fresh=True)
    refused = vm.pci_address(f"vga{devices.index('VGA,mmio=off')}")
    lines = [line for line in vm.dmesg().splitlines() if f"vgakms-bochs {refused}" in line]
    assert len(lines) == 1 and "legacy I/O ports" in lines[0], lines
    assert len(vm.sh("ls /dev/dri").split()) == 1


def test_client_may_outlive_the_device(boot, client):
    """After an unbind a client can still do anything, and only gets errors."""
    vm = boot(devices=["VGA"], fresh=True)
    kms = client(vm)
    show(kms, 1)
    unbind(vm)
    with vm.accesses() as accesses:
        for attempt in (lambda: kms.flip(1), lambda: kms.dirty(1), lambda: kms.dpms(False),
                        lambda: kms.modes(), lambda: kms.set(1, mode="800x600")):
            with pytest.raises(ClientError, match="ENODEV"):
                attempt()
        kms.channel.close()
    assert accesses == []


@pytest.mark.debian  # whose kernels have memory cgroups
def test_memory_is_the_clients(boot, client):
    """The shadow of a client's picture is accounted to the client, whatever size it asks for."""
    vm = boot(devices=["VGA"], append="drm_kms_helper.fbdev_emulation=0", fresh=True)
    group = "/sys/fs/cgroup/client"
    vm.sh(f"mount -t cgroup2 cgroup /sys/fs/cgroup; echo +memory >/sys/fs/cgroup/cgroup.subtree_control; mkdir {group}")
    kms = client(vm)
    vm.sh(f"pidof kms >{group}/cgroup.procs")

    def accounted():
        return int(vm.sh(f"sed -n 's/^vmalloc //p' {group}/memory.stat"))

    kms.fb(1, 1920, 1080)
    before = accounted()
    kms.set(1, mode="1920x1080")
    assert accounted() - before >= 1920 * 1080 * 4
