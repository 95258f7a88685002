# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest goes on in another QEMU, or from an earlier moment; it notices nothing, nor does who watches."""

import subprocess

import pytest

from memory import CYCLES
from picture import assert_same, pattern, show

# Linux does not know of it, but for what it leaves in memory.
pytestmark = pytest.mark.kernels("newest")

MOUNT = "mount -t 9p -o ro,trans=virtio,msize=512000 vgakms /vgakms"


@pytest.fixture(name="machine")
def machine_that_can_be_saved(vm, tmp_path):
    """QEMU refuses with a mounted checkout, and wants an image that can hold snapshots."""
    image = tmp_path / "snapshots.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "1M"], check=True)
    vm.qmp("blockdev-add", driver="qcow2", node_name="snapshots",
           file={"driver": "file", "filename": str(image)})
    vm.sh("umount /vgakms")
    yield vm
    if vm.usable:
        vm.sh(MOUNT)
        vm.qmp("blockdev-del", node_name="snapshots")


def flipping(kms, mode="1024x768"):
    """Flip two pictures in turn, and return what the screen can show of them."""
    width, height = map(int, mode.split("x"))
    kms.noise(width, height, 1, 2)
    kms.set(1, mode=mode)
    kms.spin(1, 2)
    return pattern(width, height, 1), pattern(width, height, 2)


def check_flips(vm, kms, adapter, pictures):
    """Frames of the two, also in the midst of a flush; and the client can go on."""
    first, second = map(adapter.shows, pictures)
    for _ in range(5):
        shot = vm.screendump()
        assert shot.shape == first.shape
        # at 24 bpp the pixel that is just being written may be half of each
        neither = ~((shot == first).all(axis=2) | (shot == second).all(axis=2))
        assert neither.sum() <= (adapter.depth(*shot.shape[1::-1]) == 24)
    spin = kms.stop()
    assert spin.flips > 0 and spin.error == "none"
    kms.flip(2)
    assert_same(vm.screendump(), adapter.shows(pictures[1]))
    expected = show(kms, 3, "640x480")
    assert_same(vm.screendump(), adapter.shows(expected))


def snapshot(vm, action, name):
    """Save the machine under this name, or load what was saved."""
    vm.qmp(f"snapshot-{action}", job_id=action, tag=name, vmstate="snapshots", devices=["snapshots"])
    while (job := vm.qmp("query-jobs")[0])["status"] != "concluded":
        vm.wait_event("JOB_STATUS_CHANGE")
    vm.qmp("job-dismiss", id=action)
    assert "error" not in job


def test_snapshot(machine, client, adapter):
    vm = machine
    kms = client(vm)
    expected = show(kms, 7, "800x600")
    snapshot(vm, "save", "still")
    pictures = flipping(kms)
    snapshot(vm, "save", "flipping")
    check_flips(vm, kms, adapter, pictures)

    # The client is where it was: it waits to be told to stop.
    snapshot(vm, "load", "flipping")
    check_flips(vm, kms, adapter, pictures)

    snapshot(vm, "load", "still")
    assert_same(vm.screendump(), adapter.shows(expected))
    # what is compared with is also what is on the screen
    kms.pattern(7, 8)
    kms.dirty(7)
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 8)))


def test_migration(machine, client, adapter, migrate):
    vm = machine
    kms = client(vm)
    expected = show(kms, 7, "800x600")
    vm = migrate(vm)
    assert_same(vm.screendump(), adapter.shows(expected))
    # A QEMU that has not seen any picture of a blanked VGA shows a notice of its own.
    kms.active(False)
    vm = migrate(vm)
    kms.active(True)
    assert_same(vm.screendump(), adapter.shows(expected))

    for _ in range(1 + CYCLES // 50):
        pictures = flipping(kms)
        vm = migrate(vm)
        check_flips(vm, kms, adapter, pictures)
        for fb in (1, 2, 3):
            kms.rmfb(fb)
    assert "vgakms" in vm.sh("lsmod")
