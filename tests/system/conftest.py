# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures for tests in whole Debian systems ("make test-system"): the package, and disks that have it."""

import contextlib
import os
import pathlib
import re
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools"))

pytest.register_assert_rewrite("clients", "desktops", "packages")

from clients import check_console  # noqa: E402
from systems import Disk, System, build_package  # noqa: E402
from vm import KERNELS, GuestError  # noqa: E402


@pytest.fixture(params=os.environ.get("KERNEL", "").split() or KERNELS)
def kernel(request):
    return request.param


@pytest.fixture
def boot():
    """Boot a disk, check who drives the adapter and that one can log in, and return the system."""
    with contextlib.ExitStack() as systems:
        def start(disk, kernel, driver, device="VGA", **arguments):
            system = systems.enter_context(System(disk, kernel, device, **arguments))
            assert system.driver() == driver
            check_console(system)
            system.check()
            return system
        yield start


@pytest.fixture(scope="session")
def package():
    return build_package()


@pytest.fixture(scope="session")
def newer():
    """The package of a newer version. It is removed in the end, so that each worker has its own."""
    package = build_package(f"99.0.{os.getpid()}")
    yield package
    (TOP / package.removeprefix("/vgakms/")).unlink()


@pytest.fixture(scope="session")
def installed(package):
    """A disk with the package, for machines that do not change it."""
    with Disk() as disk:
        disk.install(package)
        yield disk


@pytest.fixture
def disk():
    """A disk without the package, to change."""
    with Disk() as disk:
        yield disk


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """The tests that share a machine run on one worker, one after another."""
    for item in items:
        device = item.callspec.params.get("system", "") if hasattr(item, "callspec") else ""
        item.add_marker(pytest.mark.xdist_group(f"{item.path.stem} {device}" if device else item.name))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Show with a failure what the machines said and what was on their screens."""
    report = (yield).get_result()
    if not report.failed:
        return
    for number, system in enumerate(system for system in System.running if system.usable):
        report.sections.append((f"kernel log of {system.name}", system.log_tail()))
        path = TOP / "build" / "failed" / f"{re.sub(r'[^a-zA-Z0-9.=-]+', '-', item.name)}-{number}.png"
        with contextlib.suppress(GuestError, OSError):
            system.shot(path)
            report.sections.append(("screen", str(path.relative_to(TOP))))
