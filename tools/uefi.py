# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole Debian as PCs boot it: UEFI with Secure Boot, shim, GRUB, and what GRUB finds on the disk.

    with Disk() as disk:
        disk.run(PREPARE)
        disk.install(build_package())
        with UefiSystem(disk, "newest", "VGA", enroll=True) as system:
            print(system.driver())
"""

import ssl
import subprocess

from systems import System
from vm import TOP, run_tool

PREPARE = """
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y --no-install-recommends mokutil shim-signed grub-efi-amd64-signed grub-efi-amd64-bin
"""
# What DKMS signs with, as far as others may know it
KEY = "/var/lib/dkms/mok.pub"
FIRMWARE = "/usr/share/OVMF/OVMF_CODE_4M.ms.fd"
# Where the partition begins
OFFSET = 1 << 20
PROGRAMS = {
    "BOOT/BOOTX64.EFI": "/usr/lib/shim/shimx64.efi.signed",
    "BOOT/mmx64.efi": "/usr/lib/shim/mmx64.efi.signed",
    "BOOT/grubx64.efi": "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed",
}
# What update-grub would write, as far as it matters
MENU = """
search.file /boot/vmlinuz-{release} root
set gfxmode=auto
terminal_input console
terminal_output gfxterm
set timeout=3
menuentry 'Debian GNU/Linux' {{
	set gfxpayload=keep
	linux /boot/vmlinuz-{release} {words}
	initrd /boot/initrd.img-{release}
}}
"""


class UefiSystem(System):
    """A booted system; with enroll, firmware trusts the disk's key of DKMS."""

    def __init__(self, disk, kernel, device, *, enroll=False, append="", extra=(), **arguments):
        self.enroll = enroll
        self.words = append
        super().__init__(disk, kernel, device, machine="q35,smm=on", extra=[
            "-global", "driver=cfi.pflash01,property=secure,value=on",
            "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={FIRMWARE}", *extra], **arguments)

    def _system(self):
        *_, words, drive = super()._system()
        self.hardware["extra"] += [
            "-drive", f"if=pflash,unit=1,format=raw,file={self._variables()}",
            "-drive", f"if=none,id=esp,format=raw,file={self._partition(f'{words} {self.words}')}",
            # The first one is Linux' /dev/vda. Firmware looks at those disks only that may be booted.
            "-device", "virtio-blk-pci,drive=root,bootindex=1", "-device", "virtio-blk-pci,drive=esp,bootindex=0"]
        return None, None, "", drive.replace("if=virtio", "if=none,id=root")

    def _variables(self):
        certificate = TOP / "build" / f"{self.folder.name}.pem"
        file = certificate.with_suffix(".vars")
        certificate.parent.mkdir(exist_ok=True)
        if self.enroll:
            certificate.write_text(ssl.DER_cert_to_PEM_cert(self.disk.read(KEY)))
            run_tool("firmware", file, certificate)
            certificate.unlink()
        else:
            run_tool("firmware", file)
        return file.rename(self.folder / "firmware.vars")

    def _partition(self, words):
        """A disk with an EFI system partition"""
        image = self.folder / "esp.img"
        with open(image, "wb") as file:
            file.truncate(80 << 20)
        subprocess.run(["sfdisk", "--quiet", image], input="label: gpt\nstart=2048, type=U\n", text=True, check=True)
        mtools(image, "mformat", "-F", "-T", str((70 << 20) // 512), "::")
        mtools(image, "mmd", "::/EFI", "::/EFI/BOOT", "::/EFI/debian")
        for name, path in PROGRAMS.items():
            write(image, name, self.disk.read(path))
        write(image, "debian/grub.cfg", MENU.format(release=self.disk.release(self.kernel), words=words).encode())
        return image


def mtools(image, program, *arguments, data=None):
    subprocess.run([program, "-i", f"{image}@@{OFFSET}", *arguments], input=data, check=True)


def write(image, name, data):
    mtools(image, "mcopy", "-", f"::/EFI/{name}", data=data)
