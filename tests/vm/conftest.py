# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: running machines (boot) and the test client inside them (client).

Every test that uses them runs once for each kernel. A machine that cannot start fails the
test.
"""

import contextlib
import datetime
import os
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools"))

import adapters  # noqa: E402
import processors  # noqa: E402
import vm as machines  # noqa: E402  (it lives in tools/)
from kms import Kms  # noqa: E402

# So many idle machines a worker keeps for the tests to come.
IDLE = 2
USED = pytest.StashKey()
FAILED = pytest.StashKey()


def pytest_addoption(parser):
    # Write --kernel=newest: before this file is read, pytest takes a separate word for a path.
    parser.addoption("--kernel", action="append",
                     help="kernel to test, as tools/guest names it, or debug or late; repeat for more (default: "
                          "$KERNEL, or stable and newest)")
    parser.addoption("--all", action="store_true", help="leave nothing of the whole suite to make test-all")


def pytest_configure(config):
    config.addinivalue_line("markers", "dmesg(*patterns): lines of trouble that the test provokes in "
                                       "the kernel's log, or in QEMU's, as regular expressions")
    config.addinivalue_line("markers", "kernels(*names): the test is about these kernels only, where "
                                       "newest are all but stable and late")
    config.addinivalue_line("markers", "thorough: for make test-all; others show nearly the same")
    config.addinivalue_line("markers", "pair: the same, but for the newest kernel on VGA and cirrus-vga")
    config.addinivalue_line("markers", "debian: the test wants a kernel of Debian's, with its modules")


def pytest_report_header(config):
    # Find out once, before the workers start.
    kernels = ", ".join(f"{name} is {machines.release(name)}" for name in machines.KERNELS)
    return f"machines run under {machines.acceleration().upper()}; kernel {kernels}"


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    """After the whole suite, nothing left out, print what README.md says of it."""
    if exitstatus or config.option.collectonly or not is_whole_suite(config) or not config.getoption("all"):
        return
    kernels = " and ".join(machines.release(kernel).partition("+")[0] for kernel in machines.KERNELS)
    version = subprocess.run(["qemu-system-x86_64", "--version"], check=True, capture_output=True, text=True).stdout
    qemu = re.search(r"version ([\d.]+)", version)[1]
    terminalreporter.line(f"README.md: All tests passed on Linux {kernels}, with QEMU {qemu}, "
                          f"on {datetime.date.today()}.")


def chosen_kernels(config):
    chosen = config.getoption("kernel") or os.environ.get("KERNEL", "").split() or machines.KERNELS
    return tuple(map(machines.name_of, chosen))


def is_whole_suite(config):
    """Whether nobody has chosen tests"""
    return (not config.option.keyword and not config.option.markexpr and "VGAKMS_SUITE" not in os.environ
            and machines.ARCH == "amd64" and config.args == ["tests/vm"] and not config.getoption("kernel")
            and "KERNEL" not in os.environ)


def is_left_out(item):
    """Whether there is no time for it in "make test": the kernel in stable has the two adapters that differ most."""
    parameters = parameters_of(item)
    name = getattr(parameters.get("adapter"), "name", None)
    stable, other = parameters.get("kernel") == "stable", name and name not in {adapter.name for adapter in adapters.PAIR}
    pair = item.get_closest_marker("pair")
    return item.get_closest_marker("thorough") or (pair and (stable or other)) or (stable and other)


def parameters_of(item):
    return item.callspec.params if hasattr(item, "callspec") else {}


def is_about(kernel, marker):
    """Whether a test with this marker "kernels", or None, is about a kernel."""
    if kernel == "late":
        return marker and kernel in marker.args
    return not marker or {kernel, "stable" if kernel == "stable" else "newest"} & {*marker.args}


def pytest_generate_tests(metafunc):
    if "kernel" in metafunc.fixturenames:
        about = metafunc.definition.get_closest_marker("kernels")
        wanted = [kernel for kernel in chosen_kernels(metafunc.config) if is_about(kernel, about)]
        if metafunc.definition.get_closest_marker("debian"):
            wanted = [kernel for kernel in wanted if kernel not in machines.OURS]
        metafunc.parametrize("kernel", wanted, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items, config):
    """Run the tests of an adapter one after another on one worker, since they can share a machine."""
    def group(item):
        parameters = parameters_of(item)
        devices = [value.device for value in parameters.values() if hasattr(value, "device")]
        return "-".join([parameters.get("kernel", "any"), *(devices or [item.path.stem])])

    # pytest has a placeholder for a test that no chosen kernel is for
    items[:] = [item for item in items if isinstance(parameters_of(item).get("kernel", ""), str)]
    # whoever asks for this kernel does not mean the tests that need none
    if chosen_kernels(config) == ("late",):
        items[:] = [item for item in items if "kernel" in parameters_of(item)]
    if is_whole_suite(config) and not config.getoption("all"):
        items[:] = [item for item in items if not is_left_out(item)]
    for item in items:
        if reason := processors.why_not(item.nodeid):
            item.add_marker(pytest.mark.skip(reason=reason))
    groups = {}
    for item in items:
        groups.setdefault(group(item), []).append(item)
        item.add_marker(pytest.mark.xdist_group(group(item)))
    # The large groups first, so that the workers end at about the same time.
    items[:] = [item for members in sorted(groups.values(), key=len, reverse=True)
                for item in members]


class Pool:
    """The machines of this worker that wait for the next test, the latest last."""

    def __init__(self):
        self.idle = []

    def take(self, key):
        for entry in self.idle:
            if entry[0] == key:
                self.idle.remove(entry)
                return entry[1]
        return None

    def give(self, key, vm):
        self.idle.append((key, vm))
        self.trim(IDLE)

    def trim(self, size):
        while len(self.idle) > size:
            self.idle.pop(0)[1].stop()


@pytest.fixture(scope="session")
def pool():
    pool = Pool()
    yield pool
    pool.trim(0)


@pytest.fixture
def boot(kernel, pool, request):
    """Start a machine, or take one that an earlier test with the same arguments has left.

    boot(devices=["VGA"], load=True, fresh=False, **arguments of VM): load says whether vgakms is
    loaded, fresh asks for a machine that no other test uses.
    """
    used = request.node.stash[USED] = []
    allowed = [pattern for mark in request.node.iter_markers("dmesg") for pattern in mark.args]

    def start(devices=("VGA",), load=True, fresh=False, **arguments):
        key = None if fresh else (kernel, tuple(devices), load, repr(sorted(arguments.items())))
        vm = key and pool.take(key) or machines.VM(kernel, devices, **arguments)
        used.append((key, vm))
        if load and "vgakms" not in vm.sh("lsmod"):
            vm.load()
        return vm

    yield start
    failed = request.node.stash.get(FAILED, False)
    try:
        for _, vm in used:
            vm.check(allowed)
    except machines.GuestError:
        failed = True
        raise
    finally:
        for key, vm in used:
            # What a failed test leaves is unknown.
            if key and vm.usable and not failed:
                pool.give(key, vm)
            else:
                vm.stop()


@pytest.fixture
def migrate(boot, request):
    """migrate(vm) moves the guest to another QEMU, and returns that machine."""
    def move(vm):
        other = vm.migrate()
        request.node.stash[USED].append((None, other))
        vm.check()
        vm.stop()
        return other

    return move


@pytest.fixture(params=adapters.ALL, ids=str)
def adapter(request):
    """Each adapter in turn; a test that wants others parametrizes "adapter" itself."""
    return request.param


@pytest.fixture(name="vm")
def machine_with_adapter(boot, adapter):
    """A machine with that adapter, driven by vgakms."""
    return boot(devices=[adapter.device])


@pytest.fixture
def client():
    """Start the test client: client(vm, card=("vgakms",), number=2) is a Kms with that card open."""
    with contextlib.ExitStack() as stack:
        def start(vm, card=("vgakms",), number=2):
            kms = Kms(vm.channel(number, "kms"))
            stack.callback(close, vm, kms)
            kms.card(*card)
            return kms

        def close(vm, kms):
            if vm.usable and not kms.channel.closed:
                kms.channel.close()

        yield start


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Show with a failure what the machines said and what was on their screens."""
    report = (yield).get_result()
    if not report.failed:
        return
    item.stash[FAILED] = True
    for number, (_, vm) in enumerate(item.stash.get(USED, ())):
        report.sections.append((f"kernel log of {vm.name}", vm.log_tail()))
        name = re.sub(r"[^\w.=-]+", "-", f"{item.path.stem}-{item.name}-{number}")
        with contextlib.suppress(machines.GuestError, OSError):
            vm.shot(TOP / "build" / "failed" / f"{name}.png")
            report.sections.append(("screen", f"build/failed/{name}.png"))
