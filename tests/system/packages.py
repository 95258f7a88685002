# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the package share: where it is installed, and how a kernel comes anew."""

import re

from vm import KERNELS, TOP

VERSION = re.search(r'^PACKAGE_VERSION="(.*)"', (TOP / "dkms.conf").read_text(), re.M)[1]
# The in-tree driver for VGA
OWN = "bochs-drm"
NOT_MOUNTED_YET = r"(?s)\[drm\] Initialized vgakms.*EXT4-fs \(\w+\): mounted"


def built_for(disk):
    """The kernels for which DKMS has installed it"""
    releases = re.findall(r"vgakms/[\d.]+, (\S+), x86_64: installed", disk.run("dkms status"))
    return [kernel for kernel in KERNELS if disk.release(kernel) in releases]


def in_initramfs(disk, name="/vgakms.ko"):
    """The kernels in whose initramfs some file's path has that in it"""
    return [kernel for kernel in KERNELS
            if name in disk.run(f"lsinitramfs /boot/initrd.img-{disk.release(kernel)}")]


def forget(disk):
    """Have the newest kernel as if it had not met the package; returns its release."""
    release = disk.release("newest")
    disk.run(f"dkms remove -m vgakms -v {VERSION} -k {release}; rm /boot/initrd.img-{release}")
    assert built_for(disk) == ["stable"]
    return release


def check_new_kernel(boot, disk):
    """A kernel comes later, here one whose installation is repeated: vgakms is built for it, and has the screen."""
    disk.run(f"dpkg-reconfigure --frontend=noninteractive linux-image-{forget(disk)}")
    assert built_for(disk) == in_initramfs(disk) == list(KERNELS)
    boot(disk, "newest", "vgakms-bochs").stop()


def upgrade(disk, newer):
    """Install the package of a newer version over the one of before, of which nothing is left; returns the version."""
    version = re.search(r"_(.*)_", newer)[1]
    disk.run("for initrd in /boot/initrd.img-*; do echo old >$initrd; done")
    disk.install(newer)
    assert set(re.findall(r"vgakms/([^,]+)", disk.run("dkms status"))) == {version}
    assert built_for(disk) == in_initramfs(disk) == list(KERNELS)
    return version


def check_upgrade(boot, disk, newer):
    version = upgrade(disk, newer)
    system = boot(disk, "newest", "vgakms-bochs")
    assert loaded_version(system) == version
    system.stop()


def loaded_version(system):
    return system.sh("cat /sys/module/vgakms/version").strip()


# What the tests' own system has under the name
OURS = ("/vgakms", "/etc/systemd/system/vgakms-shell.service",
        "/etc/systemd/system/multi-user.target.wants/vgakms-shell.service")


def leftovers(disk):
    """What is named after vgakms in the file system, but for what is the tests'"""
    found = disk.run("find / -xdev -name '*vgakms*' -not -path '/tmp/*' -not -path '/var/log/*'").splitlines()
    return set(found) - set(OURS)


def file_names(disk):
    """All files and folders, but for what is written at any time"""
    return set(disk.run("find / -xdev -not -path '/tmp/*' -not -path '/run/*' -not -path '/var/*'").splitlines())
