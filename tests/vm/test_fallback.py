# SPDX-License-Identifier: GPL-2.0-or-later
"""The VGA half of accelerated adapters, where vgakms is asked to drive it."""

import pathlib

import pytest

from adapters import QXL, VIRTIO, VMWARE
from drivers import RELEASE_CONSOLE
from picture import assert_same, pattern, show
from vm import TOP, GuestError, release, run_tool

TAKE = "/vgakms/tools/vgakms-fallback"
GIVE_BACK = f"{TAKE} undo"
# virtio-gpu of Linux 7.2 sometimes complains of itself when it is sent away: a buffer was freed just
# before, and the host has not answered yet.
VIRTIO_WARNS = pytest.mark.dmesg(r"WARNING: drivers/gpu/drm/drm_mm\.c", "Call Trace:")


def folder(vm):
    return f"/sys/bus/pci/devices/{vm.pci_address('vga')}"


def driver(vm):
    """The name of the PCI driver that has the adapter, or ""."""
    return vm.sh(f"basename $(readlink {folder(vm)}/driver) 2>/dev/null || true").strip()


@pytest.fixture(name="machine")
def machine_with_adapter(boot, adapter):
    """A machine of one test's own with an adapter that is called "vga"; the module is loaded."""
    return boot(devices=[f"{adapter.device},id=vga"], fresh=True)


@pytest.mark.parametrize("adapter", [VIRTIO, QXL, VMWARE], ids=str)
def test_picture_and_return(machine, client, adapter):
    """It is left alone until it is asked for; all depths; text is back afterwards."""
    vm = machine
    assert not driver(vm).startswith("vgakms")
    vm.sh("printf '\\033[1;33;44mHello\\033[0m\\033[?25l' >/dev/tty0")  # no cursor that blinks
    text = vm.screendump()

    for _ in range(2):
        vm.sh(TAKE)
        assert driver(vm) == "vgakms-fallback"
        kms = client(vm)
        for seed, mode in enumerate(["1024x768", "1366x768", "1920x1440", "2560x1600"], 1):
            expected = show(kms, seed, mode)
            assert_same(vm.screendump(), adapter.shows(expected))
        kms.active(False)
        assert not vm.screendump().any()
        kms.channel.close()
        vm.sh(f"{RELEASE_CONSOLE}; echo >{folder(vm)}/driver_override; "
              f"echo {vm.pci_address('vga')} >{folder(vm)}/driver/unbind")
        assert_same(vm.screendump(), text)


def back_and_forth(vm, client, adapter, module):
    """The adapter's own driver and vgakms relieve each other three times, each showing its pictures."""
    vm.sh(f"modprobe {module}; until test -e /dev/dri/card0; do :; done")
    own = driver(vm)
    assert own not in ("", "vgakms-fallback")
    for seed in range(1, 4):
        kms = client(vm, card=("pci", vm.pci_address("vga")))
        show(kms, seed, "1024x768")
        assert_same(vm.screendump(), pattern(1024, 768, seed))
        kms.channel.close()

        vm.sh(TAKE)
        assert driver(vm) == "vgakms-fallback"
        vm.sh("printf Hello >/dev/tty1")
        vm.wait_screen(lambda shot: shot.shape == (768, 1024, 3) and shot.any(), "the console")
        kms = client(vm)
        expected = show(kms, seed + 10, "800x600")
        assert_same(vm.screendump(), adapter.shows(expected))
        kms.channel.close()

        vm.sh(f"{GIVE_BACK}; until test -e /dev/dri/card0; do :; done")
        assert driver(vm) == own


@pytest.mark.debian
@VIRTIO_WARNS
@pytest.mark.parametrize("adapter", [VIRTIO], ids=str)
def test_back_and_forth_with_virtio_gpu(machine, client, adapter):
    back_and_forth(machine, client, adapter, "virtio_gpu")


# In Linux 6.12 qxl's interrupt handler stays when the driver goes, and crashes when it comes back.
@pytest.mark.debian
@pytest.mark.kernels("newest")
@pytest.mark.parametrize("adapter", [QXL], ids=str)
def test_back_and_forth_with_qxl(machine, client, adapter):
    back_and_forth(machine, client, adapter, "qxl")


@pytest.mark.debian
@pytest.mark.parametrize("adapter", [QXL], ids=str)
def test_qxl_comes_after_vgakms(machine, client, adapter):
    vm = machine
    vm.sh(TAKE)
    kms = client(vm)
    expected = show(kms, 1)
    assert_same(vm.screendump(), adapter.shows(expected))
    kms.channel.close()
    vm.sh(f"{GIVE_BACK}; modprobe qxl; until test -e /dev/dri/card0; do :; done")
    assert driver(vm) == "qxl"
    kms = client(vm, card=("pci", vm.pci_address("vga")))
    expected = show(kms, 2, "1024x768")
    assert_same(vm.screendump(), expected)


@pytest.mark.debian
@pytest.mark.dmesg(r"vmwgfx.*\*ERROR\*")
@pytest.mark.parametrize("adapter", [VMWARE], ids=str)
def test_where_vmwgfx_fails(machine, client, adapter):
    """QEMU's vmware-svga lacks what its driver wants today. That leaves no picture, but vgakms has one."""
    vm = machine
    vm.sh("modprobe vmwgfx")
    vm.wait_log("probe with driver vmwgfx failed")
    assert driver(vm) == ""
    vm.sh(TAKE)
    expected = show(client(vm), 1)
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.parametrize("adapter", [VMWARE], ids=str)
def test_svga_mode_is_left(machine, client, adapter):
    """Another driver has left the adapter as an SVGA, in a mode of 640x480."""
    vm = machine
    port = int(vm.sh(f"head -n 1 {folder(vm)}/resource").split()[0], 16)
    # id, width, height, enable and "the configuration is done", which takes a FIFO that is set up
    writes = [f"{port} {index} {port + 1} {value}" for index, value in
              [(0, 0x90000002), (2, 640), (3, 480), (1, 1), (20, 1)]]
    fifo = int(vm.sh(f"sed -n 3p {folder(vm)}/resource").split()[0], 16)
    # the FIFO's first and last byte, next command and stop
    for number, value in enumerate([16, 0x8000, 16, 16]):
        vm.sh(f"busybox devmem {fifo + 4 * number:#x} 32 {value}")
    vm.sh(f"echo 1 >{folder(vm)}/enable; outl {' '.join(writes)}")
    assert vm.screendump().shape == (480, 640, 3)
    vm.sh(TAKE)
    expected = show(client(vm), 1)
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.kernels("newest")  # this is about our own tables
@pytest.mark.parametrize("device, name", [
    ("virtio-gpu-pci", "fallback"), ("qxl", "fallback"), ("cirrus-vga", "fallback"), ("virtio-gpu-pci", "bochs"),
    ("virtio-gpu-pci", "cirrus")])
def test_what_is_no_adapter_is_refused(boot, device, name):
    """An adapter of the same ids without a VGA, or another one: one line, and nothing is touched."""
    vm = boot(devices=["VGA", f"{device},id=vga"], fresh=True)
    before = driver(vm)
    vm.sh(f"echo {vm.pci_address('vga')} >{folder(vm)}/driver/unbind || true; "
          f"echo vgakms-{name} >{folder(vm)}/driver_override")
    start = len(vm.dmesg())
    vm.sh(f"echo {vm.pci_address('vga')} >/sys/bus/pci/drivers_probe || true")
    assert driver(vm) == ""
    vm.wait_log(f"vgakms-{name} .*: not an adapter for this driver", start=start)
    # what the script for it does is not to begin with it
    vm.sh(f"echo >{folder(vm)}/driver_override; echo {vm.pci_address('vga')} >/sys/bus/pci/drivers_probe")
    vm.sh(TAKE)
    assert driver(vm) == before


@pytest.mark.skipif(not pathlib.Path("/usr/lib/x86_64-linux-gnu/qemu/hw-display-virtio-gpu-gl.so").exists(),
                    reason="QEMU here has no 3D; Debian's package qemu-system-gui brings it")
def test_3d_is_left_to_virtio_gpu(boot, client):
    """QEMU offers 3D: vgakms refuses in one line, and drives it only if told to."""
    vm = boot(devices=["virtio-vga-gl,id=vga"], extra=("-plugin", TOP / "build/plugin/gl.so"), fresh=True)
    before = driver(vm)
    with pytest.raises(GuestError, match="is not taken, dmesg tells why"):
        vm.sh(TAKE)
    assert driver(vm) == before
    assert vm.dmesg().count("left to virtio-gpu, since QEMU offers it 3D") == 1
    vm.unload()
    vm.load(fallback_virgl=1)
    vm.sh(TAKE)
    expected = show(client(vm), 1)
    assert_same(vm.screendump(), VIRTIO.shows(expected))


def test_udev_is_told_nothing(boot):
    """No alias makes udev load vgakms for these adapters."""
    vm = boot()
    aliases = vm.sh(f"modinfo -F alias {vm.module}")
    assert "v00001234d00001111" in aliases
    for vendor in ("1AF4", "1B36", "15AD"):
        assert f"v0000{vendor}d" not in aliases


# What the README says, after an installation of the module; no modules but this and its rival, to save
# time.
MAKE_INITRD = """
install -D -t /lib/modules/$1/updates /vgakms/build/$1/vgakms.ko
depmod $1
install /vgakms/tools/vgakms-fallback /etc/initramfs-tools/scripts/init-top/
echo vgakms >>/etc/initramfs-tools/modules
echo virtio_gpu >>/etc/initramfs-tools/modules
sed -i 's/^MODULES=.*/MODULES=list/' /etc/initramfs-tools/initramfs.conf
mkinitramfs -o $2 $1
"""


@pytest.mark.debian
@pytest.mark.kernels("newest")  # this is about Debian's initramfs
@VIRTIO_WARNS
def test_boot_script(boot, kernel):
    """Debian's initramfs, with the script and the module as the README says, hands virtio-vga to vgakms."""
    initrd = f"/vgakms/build/{release(kernel)}/fallback-initrd"
    run_tool("chroot", "sh", "-euc", MAKE_INITRD, "-", release(kernel), initrd)
    vm = boot(devices=["virtio-vga,id=vga"], load=False, fresh=True)
    vm.sh(f"kexec -s -l /boot/{kernel}/vmlinuz --initrd={initrd} "
          "--command-line='console=ttyS0 console=tty0 no_timer_check break=premount'")
    start = len(vm.dmesg())
    vm.post("kexec -e")
    vm.broken = True  # that initramfs has no shell of ours
    vm.wait_log("vgakms-fallback .* virtio-vga, 8 MiB VRAM", start=start, timeout=90)
    vm.wait_screen(lambda shot: shot.shape == (768, 1024, 3) and shot.any(), "a console on vgakms")
