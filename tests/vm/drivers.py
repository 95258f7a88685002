# SPDX-License-Identifier: GPL-2.0-or-later
"""Who drives an adapter, and how that ends."""

DRIVERS = "/sys/bus/pci/drivers/vgakms-*"
RELEASE_CONSOLE = "for console in /sys/class/vtconsole/vtcon[1-9]; do test ! -e $console || echo 0 >$console/bind; done"


def binding(vm):
    """The folder of the PCI driver that drives the only adapter, and the adapter's PCI address."""
    return vm.sh(f"ls -d {DRIVERS}/0000:*").strip().rsplit("/", 1)


def unbind(vm):
    driver, device = binding(vm)
    vm.sh(f"{RELEASE_CONSOLE}; echo {device} >{driver}/unbind")
