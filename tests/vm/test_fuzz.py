# SPDX-License-Identifier: GPL-2.0-or-later
"""Random calls (tests/guest/fuzz.c) from several processes: no harm done, and all works after it.

    VGAKMS_SEED=7           repeats the calls of a run, which shows its seed where it fails
    VGAKMS_FUZZ_CALLS=50000 is how many calls each test makes
"""

import os
import random
import re
import secrets
import time

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, VGA
from drivers import RELEASE_CONSOLE, binding
from picture import assert_same, show

CALLS = int(os.environ.get("VGAKMS_FUZZ_CALLS", 3000))
PROCESSES = 3
# Seconds until the guest is said to hang: it makes some hundred calls in each.
PATIENCE = 60 + CALLS // 20

# With two processors calls of two processes meet. On a busy host these may stand still for half a
# minute: the kernel shall not take that for a lockup, nor distrust its clock.
PATIENT = "tsc=reliable watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120"

LOG = "/run/fuzz"


@pytest.fixture(params=[VGA, BOCHS_DISPLAY, CIRRUS], ids=str)
def adapter(request):
    return request.param


@pytest.fixture
def seed():
    seed = int(os.environ.get("VGAKMS_SEED") or secrets.randbits(32))
    print(f"VGAKMS_SEED={seed} VGAKMS_FUZZ_CALLS={CALLS}")
    return seed


@pytest.fixture
def vm(boot, adapter, seed):
    """A machine that stops at the first warning of the kernel's, and has the seed in its log."""
    vm = boot(devices=[adapter.device], append=PATIENT, cpus=2, fresh=True)
    vm.sh(f"sysctl -q kernel.panic_on_warn=1; echo VGAKMS_SEED={seed} >/dev/kmsg")
    return vm


class Fuzzer:
    """The fuzzer, running in the guest."""

    def __init__(self, vm, seed):
        self.vm = vm
        vm.sh(f"(fuzz vgakms {seed} {CALLS} {PROCESSES}; echo exit=$?) >{LOG} 2>&1 &")
        self.deadline = time.monotonic() + PATIENCE * vm.patience

    def runs(self):
        assert time.monotonic() < self.deadline, self.output()
        return "exit=" not in self.output()

    def output(self):
        return self.vm.sh(f"cat {LOG}")

    def report(self):
        """Watch the screen to the end; return the totals, and (successes, calls) of each kind."""
        while self.runs():
            self.vm.screendump()
            time.sleep(0.2)
        output = self.output()
        print(output)
        assert "exit=0" in output
        kinds = re.findall(r"(\w+)=(\d+)/(\d+)", output)
        return (dict(re.findall(r"(\w+)=(\d+)(?= )", output)),
                {name: (int(successes), int(calls)) for name, successes, calls in kinds})


def check_report(report):
    """The doors were open: calls got through, and pictures were shown."""
    totals, kinds = report
    calls, succeeded = int(totals["calls"]), int(totals["succeeded"])
    assert calls == CALLS // PROCESSES * PROCESSES
    assert succeeded > calls / 3
    assert int(totals["events"]) > calls / 50
    for name in ("show", "badmode", "flip", "atomic", "setcrtc", "dirtyfb", "addfb2", "import", "blob"):
        successes, calls = kinds[name]
        assert successes > calls / 10, name


def check_picture(vm, client, adapter):
    expected = show(client(vm), 1)
    assert_same(vm.screendump(), adapter.shows(expected))


@pytest.mark.pair
def test_fuzz(vm, client, adapter, seed):
    check_report(Fuzzer(vm, seed).report())
    check_picture(vm, client, adapter)


@pytest.mark.pair
def test_fuzz_while_rebound(vm, client, adapter, seed):
    """The adapter goes and comes back at random moments."""
    moments = random.Random(seed)
    driver, device = binding(vm)
    fuzzer = Fuzzer(vm, seed)
    while fuzzer.runs():
        time.sleep(moments.uniform(0, 2))
        vm.sh(f"{RELEASE_CONSOLE}; echo {device} >{driver}/unbind")
        vm.screendump()
        time.sleep(moments.uniform(0, 0.5))
        vm.sh(f"echo {device} >{driver}/bind")
    totals, _ = report = fuzzer.report()
    assert int(totals["losses"]) > 0
    check_report(report)
    check_picture(vm, client, adapter)
