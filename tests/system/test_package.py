# SPDX-License-Identifier: GPL-2.0-or-later
"""vgakms-dkms installed, upgraded and removed, on Debian as it boots for users.

After each of these there is a working console, whoever drives it.
"""

import re

import pytest

from packages import (NOT_MOUNTED_YET, OWN, VERSION, built_for, check_new_kernel, check_upgrade, file_names, forget,
                      in_initramfs, leftovers, upgrade)
from systems import PACKAGE, Disk, System
from vm import KERNELS, GuestError


def test_install(installed):
    """Early boot has Linux' own driver as well, but that comes after vgakms."""
    assert built_for(installed) == list(KERNELS)
    assert in_initramfs(installed) == list(KERNELS)
    assert in_initramfs(installed, "/bochs.ko") == list(KERNELS)
    for kernel, module in (("stable", "bochs"), ("stable", "cirrus"), ("newest", "bochs"), ("newest", "cirrus-qemu")):
        order = installed.run(f"modprobe -S {installed.release(kernel)} --show-depends {module}")
        assert 0 < order.index("/vgakms.ko") < order.index(f"/{module}.ko")


@pytest.mark.parametrize("device, driver", [("VGA", "vgakms-bochs"), ("bochs-display", "vgakms-bochs"),
                                            ("cirrus-vga", "vgakms-cirrus")])
def test_boot(boot, installed, kernel, device, driver):
    """It has the screen before the root file system is mounted, though Linux' own driver is there as well."""
    system = boot(installed, kernel, driver, device)
    assert re.search(NOT_MOUNTED_YET, system.boot_log())


def test_remove(boot, installed, kernel):
    """The driver in use goes on until the next boot."""
    with Disk(installed) as disk:
        system = boot(disk, kernel, "vgakms-bochs", keep=True)
        system.sh(f"DEBIAN_FRONTEND=noninteractive apt-get remove -y {PACKAGE}", timeout=1200)
        assert system.driver() == "vgakms-bochs"
        before = system.screendump()
        system.type("again")
        system.wait_screen(lambda shot: (shot != before).any(), "what is typed")
        system.check()
        system.power_off()
        assert built_for(disk) == in_initramfs(disk) == []
        boot(disk, kernel, OWN).stop()


def test_upgrade(boot, installed, newer):
    with Disk(installed) as disk:
        check_upgrade(boot, disk, newer)


def test_upgrade_is_refused(installed, newer):
    """If a module is in the way, the package of before stays, and so do its modules. The way that is told works."""
    with Disk(installed) as disk:
        updates = f"/lib/modules/{disk.release('newest')}/updates"
        disk.run(f"cp {updates}/dkms/vgakms.ko* {updates}")
        with pytest.raises(GuestError, match="First remove that file"):
            disk.install(newer)
        assert f"vgakms/{VERSION}" in disk.run("dkms status") and "stable" in built_for(disk)
        assert in_initramfs(disk) == list(KERNELS)
        disk.run(f"rm {updates}/vgakms.ko*")
        upgrade(disk, newer)


def test_new_kernel(boot, installed):
    with Disk(installed) as disk:
        check_new_kernel(boot, disk)


def test_kernel_is_removed(boot, installed):
    """The other one goes on with vgakms, and the package can be removed afterwards."""
    with Disk(installed) as disk:
        release = disk.release("newest")
        disk.run(f"DEBIAN_FRONTEND=noninteractive apt-get purge -y '*-{release}'")
        assert "vgakms" not in disk.run(f"ls -R /lib/modules/{release} 2>&1 || true")
        assert built_for(disk) == ["stable"]
        boot(disk, "stable", "vgakms-bochs").stop()
        disk.run(f"DEBIAN_FRONTEND=noninteractive apt-get purge -y {PACKAGE}")
        assert not leftovers(disk)
        assert "vgakms" not in disk.run(f"lsinitramfs /boot/initrd.img-{disk.release('stable')}")


def test_headers_come_late(installed):
    with Disk(installed) as disk:
        release = forget(disk)
        disk.run(f"update-initramfs -c -k {release}")
        assert in_initramfs(disk) == ["stable"]
        disk.run(f"dpkg-reconfigure --frontend=noninteractive linux-headers-{release}")
        assert built_for(disk) == in_initramfs(disk) == list(KERNELS)


def spoil_headers(disk, kernel):
    header = disk.run(f"readlink -f /lib/modules/{disk.release(kernel)}/source/include/drm/drm_drv.h").strip()
    disk.run(f"echo '#error not for vgakms' >>{header}")


def test_build_fails(boot, disk, package):
    """On the kernel for which it cannot be built Linux' own driver is used."""
    spoil_headers(disk, "newest")
    disk.install(package)
    assert built_for(disk) == in_initramfs(disk) == ["stable"]
    boot(disk, "newest", OWN).stop()
    boot(disk, "stable", "vgakms-bochs").stop()


def test_new_kernel_for_which_it_cannot_be_built(boot, installed):
    """That kernel's installation does not fail, and it boots."""
    with Disk(installed) as disk:
        release = forget(disk)
        spoil_headers(disk, "newest")
        disk.run(f"dpkg-reconfigure --frontend=noninteractive linux-image-{release}")
        assert built_for(disk) == in_initramfs(disk) == ["stable"]
        boot(disk, "newest", OWN).stop()


def test_helper_modules_are_missing(disk, package):
    """They are in a package of their own, which is not installed: the screen stays as firmware left it."""
    release = disk.release("newest")
    disk.run(f"find /lib/modules/{release} -name 'drm_*.ko*' -delete; depmod {release}")
    assert f"vgakms: Linux {release} is installed without its module drm_kms_helper" in disk.install(package)
    assert built_for(disk) == in_initramfs(disk) == ["stable"]
    with System(disk, "newest", "VGA") as system:
        assert not system.driver()
        system.wait_screen(lambda shot: shot.shape == (400, 720, 3) and shot.any(), "text")
        system.check()


def test_initramfs_cannot_be_made(boot, disk, package):
    """One kernel keeps what it has, and with it Linux' own driver; the other one gets vgakms."""
    release = disk.release("newest")
    hook = "/etc/initramfs-tools/hooks/fails"
    before = disk.run(f"printf '#!/bin/sh\\ntest \"$1\" = prereqs || test \"$version\" != {release}\\n' >{hook}; "
                      f"chmod +x {hook}; sha256sum /boot/initrd.img-{release}*")
    assert "vgakms-dkms: vgakms is not in the initramfs" in disk.install(package)
    assert built_for(disk) == list(KERNELS)
    assert in_initramfs(disk) == ["stable"]
    assert disk.run(f"sha256sum /boot/initrd.img-{release}*") == before
    boot(disk, "newest", OWN).stop()


@pytest.mark.parametrize("change, complaint", [
    ("sed -i '/^CONFIG_DRM_GEM_SHMEM_HELPER=/d' /lib/modules/{0}/build/include/config/auto.conf "
     "/lib/modules/{0}/build/.config", "has no CONFIG_DRM_GEM_SHMEM_HELPER"),
    ("sed -i '/^BUILD_EXCLUSIVE_KERNEL_MIN/s/6.12/99.9/' /usr/src/vgakms-*/dkms.conf", "is older than 99.9"),
    ("find /lib/modules/{0} -name 'drm_shmem_helper.ko*' -delete; depmod {0}",
     "is installed without its module drm_shmem_helper"),
])
def test_excluded(installed, change, complaint):
    """Nothing is built for a kernel that lacks something, and the reason is told."""
    with Disk(installed) as disk:
        release = forget(disk)
        disk.run(change.format(release))
        # a kernel's installation does this, and shall not fail
        assert f"vgakms: Linux {release} {complaint}" in disk.run(f"dkms autoinstall -k {release}")
        assert built_for(disk) == ["stable"]


def test_needed_modules(installed):
    """dkms.conf looks for all modules that vgakms is built upon."""
    conf = installed.run("cat /usr/src/vgakms-*/dkms.conf")
    for kernel in KERNELS:
        release = installed.release(kernel)
        for name in installed.run(f"modinfo -k {release} -F depends vgakms").strip().split(","):
            assert re.search(rf"needed\+?=.*\b{name}\b", conf)


def test_cloud_kernel(installed):
    """Debian's kernel for clouds has no DRM. It is installed and has an initramfs, and one line tells why no vgakms."""
    with Disk(installed) as disk:
        told = disk.run("apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y "
                        "linux-image-cloud-amd64 linux-headers-cloud-amd64")
        release = re.search(r"vgakms: Linux (\S+-cloud-amd64) has no CONFIG_DRM\n", told)[1]
        assert "without its module" not in told
        assert f"{release}, x86_64: installed" not in disk.run("dkms status")
        assert "/vgakms.ko" not in disk.run(f"lsinitramfs /boot/initrd.img-{release}")


def test_newer_than_tested(installed):
    """It is built for a kernel on which nobody has tested it, and one line tells."""
    with Disk(installed) as disk:
        release = forget(disk)
        disk.run("sed -i '/^newest_tested/s/=.*/=6.12/' /usr/src/vgakms-*/dkms.conf")
        told = disk.run(f"dkms autoinstall -k {release}")
        assert told.count(f"vgakms: Linux {release} is newer than 6.12, up to which vgakms is tested") == 1
        assert built_for(disk) == list(KERNELS)


def test_kernel_upgrade(boot, package):
    """Debian stable with its own kernel and the package gets the newest kernel from backports, as users do it."""
    with Disk() as disk:
        newest = disk.release("newest")
        disk.run(f"apt-get purge -y '*-{newest}' && rm -rf /lib/modules/{newest} /usr/src/*-{newest}")
        disk.install(package)
        assert built_for(disk) == ["stable"]
        command = "apt-get install -y -t trixie-backports linux-image-amd64 linux-headers-amd64"
        disk.run(f"apt-get update && {command} --download-only")
        # the guest may be older than what the archive has now
        disk.run("cd /var/cache/apt/archives && ls linux-image-[0-9]*.deb | "
                 "sed 's/linux-image-\\([^_]*\\)_.*/\\1/' >/boot/newest/release")
        system = boot(disk, "stable", "vgakms-bochs", keep=True)
        system.sh(f"DEBIAN_FRONTEND=noninteractive {command} --no-download", timeout=3600)
        assert system.driver() == "vgakms-bochs"
        system.power_off()
        assert built_for(disk) == in_initramfs(disk) == list(KERNELS)
        boot(disk, "newest", "vgakms-bochs").stop()


def test_blacklist(boot, installed):
    """What README.md says of keeping the package and not using it"""
    with Disk(installed) as disk:
        disk.run("echo blacklist vgakms >/etc/modprobe.d/vgakms.conf; update-initramfs -u -k all")
        boot(disk, "newest", OWN).stop()


def test_without_dkms(boot, disk):
    """What docs/install.md says of a plain installation for two kernels, and how to undo it after another one is gone"""
    before = file_names(disk)
    disk.run("mkdir /tmp/vgakms && cd /vgakms && "
             "cp -r Makefile Kbuild dkms.conf packaging shadow vga bochs cirrus /tmp/vgakms")
    for kernel in KERNELS:
        make = f"make -C /tmp/vgakms KDIR=/lib/modules/{disk.release(kernel)}/build"
        disk.run(f"{make} install && {make} install EARLY=1")
    # what a kernel of Debian's leaves when it is purged
    disk.run("mkdir -p /lib/modules/6.12.0-gone/updates && touch /lib/modules/6.12.0-gone/updates/vgakms.ko.xz")
    for kernel in KERNELS:
        boot(disk, kernel, "vgakms-bochs").stop()
    disk.run("make -C /tmp/vgakms uninstall")
    assert not in_initramfs(disk, "vgakms")
    assert file_names(disk) == before


def test_package_comes_first(installed):
    """Where there is one, of whatever version, make installs nothing and removes nothing."""
    with Disk(installed) as disk:
        disk.run("mv /usr/src/vgakms-* /usr/src/vgakms-99.0.0; mkdir /tmp/vgakms && cd /vgakms && "
                 "cp -r Makefile Kbuild dkms.conf packaging shadow vga bochs cirrus /tmp/vgakms")
        before = file_names(disk)
        for target in (f"KDIR=/lib/modules/{disk.release('newest')}/build install EARLY=1", "uninstall"):
            told = disk.run(f"make -C /tmp/vgakms {target} || echo refused")
            assert "belongs to a package" in told and "refused" in told
            assert file_names(disk) == before


def test_make_came_first(disk, package):
    """DKMS would not replace what it has installed. The package does not begin, and the way that it tells works."""
    disk.run(f"cd /lib/modules/{disk.release('newest')} && mkdir updates && touch updates/vgakms.ko")
    with pytest.raises(GuestError, match="First run \"make uninstall\""):
        disk.install(package)
    disk.run("apt-get check && make -C /vgakms uninstall")
    disk.install(package)
    assert built_for(disk) == in_initramfs(disk) == list(KERNELS)
