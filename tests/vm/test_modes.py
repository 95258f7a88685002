# SPDX-License-Identifier: GPL-2.0-or-later
"""Which modes are offered, preferred and refused."""

import pytest

import modes_doc
from adapters import BOCHS_DISPLAY, CIRRUS, PORTS, SECONDARY, VGA
from kms import timings
from picture import assert_same, pattern

from vm import ClientError

WITH_EDID = [VGA, SECONDARY, BOCHS_DISPLAY]


def preferred(kms):
    modes = [mode for mode in kms.modes() if mode.preferred]
    assert len(modes) == 1, modes
    return modes[0].width, modes[0].height


def check_shows_preferred(vm, kms, adapter, size):
    """The preferred mode has this size and can be set."""
    assert preferred(kms) == size
    kms.fb(1, *size)
    kms.pattern(1, seed=1, timeout=60)
    kms.set(1)
    assert_same(vm.screendump(), adapter.shows(pattern(*size, 1)))


@pytest.mark.parametrize("adapter", WITH_EDID, ids=str)
def test_edid(boot, client, adapter):
    """QEMU's EDID is passed on as it is, and its preferred mode is preferred."""
    vm = boot(devices=[adapter.device])
    kms = client(vm)
    check_shows_preferred(vm, kms, adapter, (1280, 800))
    edid = kms.edid()
    assert edid[:8] == bytes.fromhex("00ffffffffffff00")
    assert b"QEMU Monitor" in edid


@pytest.mark.parametrize("adapter", [a.with_options("edid=off") for a in WITH_EDID] + [PORTS, CIRRUS],
                         ids=str)
def test_no_edid(boot, client, adapter):
    vm = boot(devices=[adapter.device])
    kms = client(vm)
    check_shows_preferred(vm, kms, adapter, (1024, 768))
    assert {(640, 480), (800, 600), (1280, 1024), (1920, 1080)} <= {
        (mode.width, mode.height) for mode in kms.modes()}
    with pytest.raises(ClientError, match="ENOENT"):
        kms.edid()
    # for Cirrus that goes without saying
    assert vm.boot_log().count("no EDID") == (adapter is not CIRRUS)


@pytest.mark.kernels("newest")  # what fits is the same on all
@pytest.mark.parametrize("adapter, size", [
    (VGA, (1366, 768)), (VGA, (3840, 2160)), (VGA.with_vram(64), (3840, 2160)),
    (BOCHS_DISPLAY, (1921, 1081)), (BOCHS_DISPLAY, (3840, 2160)),
    (BOCHS_DISPLAY.with_vram(64), (3840, 2160)),
], ids=str)
def test_size_of_the_screen(boot, client, adapter, size):
    """What the user asks of QEMU with xres= and yres= is preferred, also where QEMU has no timing."""
    # No ROM: SeaBIOS would draw beyond a small VRAM until the end of time.
    adapter = adapter.with_options("romfile=,xres={},yres={}".format(*size))
    vm = boot(devices=[adapter.device])
    check_shows_preferred(vm, client(vm), adapter, size)


@pytest.mark.kernels("newest")  # what fits is the same on all
@pytest.mark.parametrize("adapter", [VGA, BOCHS_DISPLAY], ids=str)
def test_screen_too_large_for_vram(boot, client, adapter):
    """Where even 16 bpp do not fit, the mode that comes closest is preferred."""
    adapter = adapter.with_vram(4).with_options("romfile=,xres=3840,yres=2160")
    kms = client(boot(devices=[adapter.device]))
    width, height = preferred(kms)
    assert adapter.depth(width, height)
    assert (width, height) == min(
        ((mode.width, mode.height) for mode in kms.modes()),
        key=lambda size: abs(size[0] - 3840) + abs(size[1] - 2160))


VRAM_SIZES = [
    (VGA.with_vram(1), "800x600 at 16 bpp"), (VGA.with_vram(2), "1280x800 at 16 bpp"),
    (VGA.with_vram(4), "1920x1080 at 16 bpp"), (VGA.with_vram(8), "2560x1600 at 16 bpp"),
    (VGA, "3840x2160 at 16 bpp"), (VGA.with_vram(32), "5120x2880 at 16 bpp"),
    (VGA.with_vram(64), "7680x4320 at 16 bpp"),
    (BOCHS_DISPLAY.with_vram(4), "1920x1080 at 16 bpp"), (BOCHS_DISPLAY, "3840x2160 at 16 bpp"),
    (BOCHS_DISPLAY.with_vram(64), "7680x4320 at 16 bpp"),
    (SECONDARY, "3840x2160 at 16 bpp"), (PORTS, "3840x2160 at 16 bpp"),
    (CIRRUS, "1920x1080 at 16 bpp"), (CIRRUS.with_vram(8), "1920x1440 at 16 bpp"),
    (CIRRUS.with_vram(16), "1920x1440 at 16 bpp"),
]


@pytest.mark.kernels("newest")  # what fits is the same on all
@pytest.mark.parametrize("adapter, largest", VRAM_SIZES, ids=[str(a) for a, _ in VRAM_SIZES])
def test_vram_sizes(boot, client, adapter, largest):
    """One line tells what was found. Everything that is offered fits, and the largest mode can be shown."""
    vm = boot(devices=[adapter.device])
    line, = (line for line in vm.boot_log().splitlines() if "MiB VRAM" in line)
    assert f"{adapter.name.split()[0]}, {adapter.vram} MiB VRAM" in line
    assert line.endswith(f"up to {largest}")
    kms = client(vm)
    modes = kms.modes()
    assert modes and all(adapter.depth(mode.width, mode.height) for mode in modes)
    largest = max(modes, key=lambda mode: mode.width * mode.height)
    kms.fb(1, largest.width, largest.height)
    kms.pattern(1, seed=1, timeout=60)
    kms.set(1, mode=largest)
    assert_same(vm.screendump(), adapter.shows(pattern(largest.width, largest.height, 1)))


@pytest.mark.kernels("newest")  # what fits is the same on all
def test_documented_modes_of_cirrus(boot, client):
    """Each of them, and in which depth, for each amount of VRAM."""
    told = {}
    for vram, bpp, modes in modes_doc.table("VRAM of Cirrus"):
        for mib in modes_doc.mib(vram):
            # a row that adds to those before says "also"
            told.setdefault(mib, set(told.get(4, ()) if "also" in modes else ()))
            told[mib] |= {(*size, int(bpp)) for size in modes_doc.sizes(modes)}
    assert set(told) == {4, 8, 16}
    for mib, expected in told.items():
        adapter = CIRRUS.with_vram(mib)
        modes = client(boot(devices=[adapter.device])).modes()
        assert {(mode.width, mode.height, adapter.depth(mode.width, mode.height))
                for mode in modes} == expected


def edid_block(width, height):
    """The smallest EDID with one detailed timing, of that size at about 60 Hz."""
    blank_w, blank_h = 160, 30
    clock = (width + blank_w) * (height + blank_h) * 60 // 10000
    timing = bytes([
        clock & 255, clock >> 8,
        width & 255, blank_w & 255, width >> 8 << 4 | blank_w >> 8,
        height & 255, blank_h & 255, height >> 8 << 4 | blank_h >> 8,
        48, 32, 3 << 4 | 6, 0, 255, 255, 0, 0, 0, 0x18])
    header = bytes.fromhex("00ffffffffffff00") + bytes.fromhex("59730000000000000121") + bytes([1, 4])
    block = header + bytes([0x80, 40, 30, 120, 0x02]) + bytes(10) + bytes(3) + b"\1\1" * 8 + timing
    block += (bytes.fromhex("000000100000000000000000000000000000")) * 3 + bytes(1)
    return block + bytes([-sum(block) & 255])


@pytest.mark.parametrize("adapter", [VGA, PORTS, CIRRUS], ids=str)
def test_edid_override(boot, client, adapter):
    """An EDID that the administrator supplies counts, whether the adapter has one or not."""
    vm = boot(devices=[adapter.device])
    kms = client(vm)
    override = "/sys/kernel/debug/dri/0/Virtual-1/edid_override"
    octal = "".join(f"\\{byte:03o}" for byte in edid_block(1000, 700))
    try:
        vm.sh(f"printf '{octal}' >{override}")
        assert preferred(kms) == (1000, 700)
    finally:
        vm.sh(f"printf reset >{override}")
    assert (1000, 700) not in {(mode.width, mode.height) for mode in kms.modes()}


def test_edid_is_read_at_each_probe(boot, client):
    vm = boot(devices=[VGA.device])
    kms = client(vm)
    for _ in range(2):
        with vm.accesses() as accesses:
            kms.modes()
        assert sum(access.size for access in accesses if access.region == "edid") >= 256


# clock in kHz, then the horizontal and the vertical timings, then flags
REFUSED = {
    "too slow": "user:100,800,840,968,1056,600,601,605,628,0",
    "much too fast": "user:2147483647,800,840,968,1056,600,601,605,628,0",
    "241 Hz": "user:160000,800,840,968,1056,600,601,605,628,0",
    "23 Hz": "user:15000,800,840,968,1056,600,601,605,628,0",
    "interlaced": "user:40000,800,840,968,1056,600,601,605,628,0x10",
    "double scan": "user:40000,800,840,968,1056,600,601,605,628,0x20",
    "stereo": "user:40000,800,840,968,1056,600,601,605,628,0x4000",
    "lines repeated": "user:80000,800,840,968,1056,600,601,605,628,0,2",
    "no frame time": "user:1006663,64,64,64,64,64,10920,10921,10923,0,6",
    "no frame at all": "user:40000,800,840,968,1056,600,601,605,8192,0,8",
    "a frame of 4,294,836,225 pixels": "user:257690173,800,840,968,65535,600,601,605,65535,0",
    "too narrow": "user:40000,32,840,968,1056,600,601,605,628,0",
    "too low": "user:40000,800,840,968,1056,32,601,605,628,0",
    "too large for VRAM": "user:900000,4096,4100,4104,4200,4096,4100,4104,4200,0",
    "too wide": "user:500000,20000,20010,20020,20100,100,110,120,400,0",
    "too high": "user:500000,100,110,120,400,20000,20010,20020,20100,0",
}


@pytest.mark.parametrize("adapter", [VGA, CIRRUS], ids=str)
@pytest.mark.parametrize("timings", REFUSED.values(), ids=REFUSED.keys())
def test_refused_modes(boot, client, adapter, timings):
    """A mode that cannot be shown is refused, and the old picture stays."""
    vm = boot(devices=[adapter.device])
    check_refused(vm, client(vm), adapter, timings)


@pytest.mark.kernels("newest")  # what fits is the same on all
@pytest.mark.parametrize("adapter, width, height", [
    (CIRRUS, 1920, 1094), (CIRRUS, 1920, 1200), (CIRRUS, 2048, 768), (CIRRUS, 1280, 1025),
    (CIRRUS.with_vram(16), 1280, 1025), (CIRRUS.with_vram(16), 640, 2050),
    (CIRRUS.with_vram(16), 2041, 600),
], ids=str)
def test_refused_sizes(boot, client, adapter, width, height):
    """More than VRAM or the registers can hold; high modes have an even number of lines."""
    vm = boot(devices=[adapter.device])
    check_refused(vm, client(vm), adapter, timings(width, height))


def check_refused(vm, kms, adapter, timings):
    kms.fb(1, 800, 600)
    kms.pattern(1, seed=1)
    kms.set(1, mode="800x600")
    width, height = (int(timings.split(",")[index]) for index in (1, 5))
    kms.fb(2, min(width, 8192), min(height, 8192))
    with vm.accesses() as accesses:
        for set_mode in (kms.test, kms.set, kms.setcrtc):
            with pytest.raises(ClientError, match="EINVAL|ERANGE"):
                set_mode(2, mode=timings)
    assert not accesses
    assert_same(vm.screendump(), adapter.shows(pattern(800, 600, 1)))
