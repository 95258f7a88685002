# SPDX-License-Identifier: GPL-2.0-or-later
"""Flips are paced to the refresh rate, and vblank events tell when each frame was shown."""

from fractions import Fraction

import pytest

from adapters import BOCHS_DISPLAY, VGA

MODES = {
    "60 Hz": "user:40000,800,840,968,1056,600,601,605,628,0",
    "75 Hz": "user:49500,800,816,896,1056,600,601,604,625,0",
    "25 Hz": "user:16500,800,816,896,1056,600,601,604,625,0",
}


def frame_us(timings):
    """The duration of a frame, in microseconds."""
    clock, *rest = map(int, timings.removeprefix("user:").split(","))
    return Fraction(rest[3] * rest[7] * 1000, clock)


def check_paced(events, timings):
    """At most one event per frame, at a time that is a whole number of frames after the last."""
    for last, event in zip(events, events[1:]):
        frames = event.seq - last.seq
        assert frames >= 1, events
        # timestamps are in whole microseconds, frames in whole nanoseconds
        assert abs(event.us - last.us - frames * frame_us(timings)) <= 1 + frames / 1000, events


def now_us(vm):
    """The guest's monotonic clock, which the kernel tells in hundredths of a second."""
    return (float(vm.sh("cat /proc/uptime").split()[0]) + 0.01) * 1e6


@pytest.fixture(params=[VGA, BOCHS_DISPLAY], ids=str)
def adapter(request):
    return request.param


@pytest.fixture
def kms(client, vm):
    kms = client(vm)
    kms.noise(800, 600, 1, 2)
    return kms


@pytest.mark.parametrize("timings", MODES.values(), ids=MODES.keys())
def test_flips(vm, kms, timings):
    kms.set(1, mode=timings)
    started = now_us(vm)
    events = kms.flips(60, 1, 2).events
    assert len(events) == 60
    check_paced(events, timings)
    # and these frames have really passed, by the guest's own clock
    assert started - 20000 <= events[0].us and events[-1].us <= now_us(vm)


@pytest.mark.parametrize("timings", MODES.values(), ids=MODES.keys())
def test_vblanks(kms, timings):
    kms.set(1, mode=timings)
    events = kms.vblank(20)
    assert len(events) == 20
    check_paced(events, timings)


def test_single_flips(kms):
    """Also with pauses in between, and by the legacy ioctl, no two flips share a frame."""
    timings = MODES["60 Hz"]
    kms.set(1, mode=timings)
    events = [flip(fb) for _ in range(5) for flip, fb in ((kms.nbflip, 2), (kms.pageflip, 1))]
    check_paced(events, timings)


def test_counter_follows_the_flips(kms):
    kms.set(1, mode=MODES["60 Hz"])
    flip = kms.nbflip(2)
    assert kms.crtcseq().seq >= flip.seq
    assert kms.vblank()[0].seq > flip.seq
