# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures for tests on the real Bochs ("make test-bochs"): one machine for each file, since it boots slowly."""

import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tools"), str(TOP / "tests/vm")]

from kms import Kms  # noqa: E402
from realbochs import RealBochs  # noqa: E402
from screen import load  # noqa: E402


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """The tests that share a machine run on one worker, one after another."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="module")
def machine(request):
    """A Bochs with the file's adapter. If a test fails, the screen at the end is in build/failed."""
    failed = request.session.testsfailed
    vram = getattr(request.module, "VRAM", 16)
    with RealBochs("newest", request.module.EXTENSION, vram=vram) as machine:
        yield machine
        if request.session.testsfailed > failed:
            machine.shot(TOP / f"build/failed/{request.path.stem}.png")


@pytest.fixture
def bochs(machine):
    """The same; in a test the kernel must have no trouble, and Bochs nothing to say against how the adapter is used."""
    yield machine
    machine.check()


@pytest.fixture
def loaded(bochs):
    """The same, with vgakms loaded"""
    load(bochs)
    return bochs


@pytest.fixture
def kms(loaded):
    """The test client, with the card open"""
    kms = Kms(loaded.channel(2, "kms"))
    kms.card("vgakms")
    yield kms
    if loaded.usable and not kms.channel.closed:
        kms.channel.close()
