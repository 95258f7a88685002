# SPDX-License-Identifier: GPL-2.0-or-later
"""The package on a Debian whose initramfs is dracut's. Ubuntu and Fedora have that by default."""

import re
import subprocess

import numpy as np
import pytest

from clients import wait_booted
from packages import (NOT_MOUNTED_YET, OWN, VERSION, built_for, check_new_kernel, check_upgrade, file_names, forget,
                      in_initramfs, leftovers)
from systems import BOOT_TIMEOUT, PACKAGE, Disk, System
from vm import KERNELS, TOP

# An emulated processor is quicker without dracut's default, which takes minutes to pack an image.
SETUP = """
export DEBIAN_FRONTEND=noninteractive
mkdir -p /etc/dracut.conf.d
echo 'compress="zstd -1 -T0"' >/etc/dracut.conf.d/quick.conf
apt-get update -qq
apt-get install -y --no-install-recommends dracut cryptsetup systemd-cryptsetup
"""
# In the place of /boot, what is in there with less than an initramfs, and one mebibyte more
FULL = """
for initramfs in /boot/initrd.img-*; do echo old >$initramfs; done
mkdir -p /full
mount -t tmpfs -o size=$(($(du -sm /boot | cut -f 1) + 1))m full /full
cp -a /boot/. /full
mount --bind /full /boot
"""
# What is done after an installation
REMAKE = ". /usr/share/vgakms/initramfs.sh && remake_initramfs"
NOTHING_MADE = "vgakms: found no initramfs to make anew. If this system boots with one, make it anew yourself."
# Something like what comes with newer versions of dracut
UPDATE_INITRAMFS = """
cat >/usr/sbin/update-initramfs <<'END'
#!/bin/sh
if [ "$1" = --version ]; then exec dracut --version; fi
exec dracut --force "/boot/initrd.img-$3" "$3"
END
chmod +x /usr/sbin/update-initramfs
"""
# As a boot loader's would be. A file that is still to be renamed is not for it.
HOOK = """
mkdir -p /etc/initramfs/post-update.d
cat >/etc/initramfs/post-update.d/test <<'END'
#!/bin/sh
test ! -e "$2.new" && echo "$1 $2" >>/updated
END
chmod +x /etc/initramfs/post-update.d/test
"""
# Folders that distributions with RPM always have. No package of ours takes them away.
RPM = """
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends file rpm openssl
mkdir -p /usr/share/licenses /usr/share/man/man8
"""
INSTALL_RPM = f"rpm --install --nodeps /vgakms/build/packages/vgakms-*{VERSION}-*.noarch.rpm"
# One of another version or release, which its module's description tells, for /rpm/noarch
OTHER_RPM = """
set -e
name=vgakms-{version} source=$(mktemp -d)
mkdir $source/$name
tar -xzf /vgakms/build/vgakms-{VERSION}.tar.gz -C $source/$name --strip-components=1
cd $source/$name
sed -i 's/{VERSION}/{version}/' dkms.conf packaging/vgakms.spec
sed -i 's/^Release:.*/Release: {release}/' packaging/vgakms.spec
sed -i 's/^MODULE_DESCRIPTION.*/MODULE_DESCRIPTION("{version}-{release}");/' shadow/module.c
tar -czf ../$name.tar.gz -C .. $name
rpmbuild --quiet --define '_rpmdir /rpm' -tb ../$name.tar.gz
"""
# plymouth waits eight seconds for a screen, and asks on the text console otherwise. An emulated processor takes longer.
PATIENT = "echo DeviceTimeout=600 >>/etc/plymouth/plymouthd.conf"
PASSWORD = "open"
# A volume that nothing is on; a real key derivation would take an emulated processor too long.
VOLUME = f"""
truncate -s 32M /volume
printf {PASSWORD} | cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /volume -
cryptsetup luksUUID /volume
"""


@pytest.fixture(scope="module")
def without():
    with Disk() as disk:
        disk.run(SETUP)
        yield disk


@pytest.fixture(scope="module")
def dracut(without, package):
    """A disk with the package, for machines that do not change it"""
    with Disk(without) as disk:
        disk.install(package)
        yield disk


def test_install(dracut):
    assert built_for(dracut) == in_initramfs(dracut) == in_initramfs(dracut, "/modprobe.d/vgakms.conf") == list(KERNELS)


def test_boot(boot, dracut, kernel):
    """It has the screen before the root file system is mounted."""
    system = boot(dracut, kernel, "vgakms-bochs")
    system.wait_log(NOT_MOUNTED_YET)


def test_upgrade(boot, dracut, newer):
    with Disk(dracut) as disk:
        check_upgrade(boot, disk, newer)


def test_kernels(boot, dracut):
    """A kernel comes later, and one whose headers come after it; one that has no vgakms gets an image as before."""
    with Disk(dracut) as disk:
        check_new_kernel(boot, disk)
        release = forget(disk)
        told = disk.run(f"dracut --force --kver {release}")
        assert "vgakms" not in told
        assert in_initramfs(disk) == ["stable"]
        disk.run(f"dpkg-reconfigure --frontend=noninteractive linux-headers-{release}")
        assert built_for(disk) == in_initramfs(disk) == list(KERNELS)


def test_no_space(dracut):
    """If there is none in /boot, each kernel keeps its initramfs. dracut alone would remove it."""
    with Disk(dracut) as disk:
        for more in ("", UPDATE_INITRAMFS):
            told = disk.run(f"{more} {FULL} ({REMAKE}) || echo failed; cat /boot/initrd.img-*")
            assert told.endswith("failed\nold\nold\n")
        release = disk.release("newest")
        told = disk.run(f"{FULL} dracut --force --kver {release} || echo failed; cat /boot/initrd.img-*")
        assert told.endswith("failed\nold\n")


def test_boot_loaders_are_told(dracut):
    """Those that have a copy of an initramfs: once it has its name"""
    with Disk(dracut) as disk:
        disk.run(f"{HOOK} {REMAKE}")
        releases = [disk.release(kernel) for kernel in KERNELS]
        assert disk.run("cat /updated").splitlines() == [f"{name} /boot/initrd.img-{name}" for name in releases]


def test_other_places(dracut):
    """An initramfs is made anew where a boot loader has it. If there is none that is known, a line tells so."""
    with Disk(dracut) as disk:
        release = disk.release("newest")
        folder = f"/efi/0123/{release}"
        disk.run(f"mkdir -p {folder} && rm -f /lib/modules/*/vmlinuz && mv /boot/vmlinuz-{release} {folder}/linux && "
                 f"mv /boot/initrd.img-{release} {folder}/initrd && rm /boot/vmlinuz-* && "
                 f"echo old | tee /boot/initrd.img-* >{folder}/initrd")
        assert NOTHING_MADE not in disk.run(REMAKE)
        assert "/vgakms.ko" in disk.run(f"lsinitramfs {folder}/initrd")
        told = disk.run(f"mv /efi /elsewhere; {REMAKE}")
        assert told.count("\n") == told.count(NOTHING_MADE) == 1
        assert disk.run("cat /boot/initrd.img-*") == "old\n"


def test_remove(boot, dracut):
    with Disk(dracut) as disk:
        disk.run(f"DEBIAN_FRONTEND=noninteractive apt-get purge -y {PACKAGE}")
        assert not in_initramfs(disk, "vgakms")
        assert not leftovers(disk)
        for kernel in KERNELS:
            assert disk.run(f"test -s /boot/initrd.img-{disk.release(kernel)} && echo there")
        boot(disk, "newest", OWN).stop()


def test_without_dkms(boot, without):
    """make install EARLY=1"""
    with Disk(without) as disk:
        release = disk.release("newest")
        disk.run("mkdir /tmp/vgakms && cd /vgakms && "
                 "cp -r Makefile Kbuild dkms.conf packaging shadow vga bochs cirrus /tmp/vgakms && "
                 f"make -C /tmp/vgakms KDIR=/lib/modules/{release}/build install EARLY=1")
        assert in_initramfs(disk) == ["newest"]
        boot(disk, "newest", "vgakms-bochs").stop()


@pytest.fixture(scope="module")
def rpm(without):
    """A disk on which the RPM can be installed"""
    subprocess.run(["make", "-s", "-C", TOP, "packages"], stdin=subprocess.DEVNULL, check=True)
    with Disk(without) as disk:
        disk.run(RPM)
        yield disk


def test_rpm(boot, rpm):
    """The RPM, as far as Debian's rpm, DKMS and dracut are like those of others: installed, and removed"""
    with Disk(rpm) as disk:
        before = file_names(disk)
        updates = f"/lib/modules/{disk.release('newest')}/updates"
        told = disk.run(f"mkdir {updates} && touch {updates}/vgakms.ko; {INSTALL_RPM} || echo refused; rm -r {updates}")
        assert told.count("First run 'make uninstall'") == 2 and "refused" in told
        assert file_names(disk) == before
        disk.run(INSTALL_RPM)
        assert built_for(disk) == in_initramfs(disk) == list(KERNELS)
        boot(disk, "newest", "vgakms-bochs").stop()
        disk.run("rpm --erase --nodeps vgakms vgakms-dkms")
        assert not in_initramfs(disk, "vgakms")
        assert file_names(disk) == before
        boot(disk, "newest", OWN).stop()


def test_rpm_upgrade(rpm):
    """A new release has the same version. Back to an older version is a way as well."""
    with Disk(rpm) as disk:
        disk.run(INSTALL_RPM)
        for version, release in ((VERSION, 2), ("99.0.0", 1), (VERSION, 2)):
            disk.run(OTHER_RPM.format(VERSION=VERSION, version=version, release=release))
            disk.run("for initrd in /boot/initrd.img-*; do echo old >$initrd; done; "
                     f"rpm --upgrade --oldpackage --nodeps /rpm/noarch/vgakms-*{version}-{release}.noarch.rpm")
            assert set(re.findall(r"vgakms/([^,]+)", disk.run("dkms status"))) == {version}
            assert built_for(disk) == in_initramfs(disk) == list(KERNELS)
            for kernel in KERNELS:
                told = disk.run(f"modinfo -k {disk.release(kernel)} -F description vgakms")
                assert told == f"{version}-{release}\n"
            assert disk.run("ls -d /usr/src/vgakms-*") == f"/usr/src/vgakms-{version}\n"


def test_password(dracut, tmp_path):
    """plymouth asks for a volume's password on vgakms' screen, and takes it, before the root file system is there."""
    with Disk(dracut) as disk:
        uuid = disk.run(VOLUME).split()[-1]
        volume = tmp_path / "volume"
        volume.write_bytes(disk.read("/volume"))
        disk.run(f"plymouth-set-default-theme spinner && {PATIENT} && dracut --force --kver {disk.release('newest')}")
        with System(disk, "newest", "VGA", append=f"rd.luks.uuid={uuid} splash plymouth.ignore-serial-consoles",
                    extra=("-drive", f"file={volume},format=raw,if=virtio"), wait=False) as system:
            system.wait_screen(has_prompt, "a prompt", BOOT_TIMEOUT)
            system.shot("build/shots/password.png")
            system.type(f"{PASSWORD}\n")
            system.wait_shell(BOOT_TIMEOUT)
            wait_booted(system)
            assert f"luks-{uuid}" in system.sh("ls /dev/mapper")
            journal = system.sh("journalctl --boot --no-pager")
            places = [journal.index(text) for text in ("[drm] Initialized vgakms", "Finished systemd-cryptsetup@luks",
                                                       "Switching root")]
            assert places == sorted(places)
            system.check()


def has_prompt(shot):
    """Whether there is a line of bright text in vgakms' mode, but none at the top, where a console has its text"""
    if shot.shape != (800, 1280, 3) or (shot[:200] != shot[0, 0]).any():
        return False
    columns = (shot > 200).any(axis=(0, 2)).nonzero()[0]
    return columns.size and np.ptp(columns) > 300
