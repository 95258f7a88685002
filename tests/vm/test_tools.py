# SPDX-License-Identifier: GPL-2.0-or-later
"""The tools that people look with."""

import re
import subprocess

import pytest

from picture import cut565, show
from tracing import served
from vm import TOP, start_shell

# The upper part of modetest's picture: seven bars
BARS = [(192, 192, 192), (192, 192, 0), (0, 192, 192), (0, 192, 0), (192, 0, 192), (192, 0, 0), (0, 0, 192)]


@pytest.mark.debian  # the debug kernel has no probes
@pytest.mark.kernels("newest")
def test_trace(boot, client):
    """An EDID is one line; a mode set is seen, and how much of the picture is written when a part of it changes."""
    vm = boot(fresh=True)
    kms = client(vm)
    show(kms, 1, "800x600")
    # timeout: should a line never come, there is an end
    command = ["timeout", "120", TOP / "tools" / "trace"]
    with served(vm), subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as trace:
        try:
            lines = iter(trace.stdout.readline, "")
            assert next(lines) == f"{vm.name}\n"
            kms.modes()
            show(kms, 2, "1024x768")
            seen = [next(line for line in lines if word in line) for word in ("EDID", "XRES", "upload")]
            kms.solid(2, 0, rect=(0, 0, 8, 2))
            kms.dirty(2, [(0, 0, 8, 2)])
            seen += [next(line for line in lines if "flush" in line)]
        finally:
            trace.terminate()
    assert re.fullmatch(r"read +EDID +\d+ bytes\n", seen[0])
    assert seen[1].split() == ["write", "XRES", "0x400", "(1024)"]
    assert re.fullmatch(r"upload +786432 pixels written\n", seen[2])
    assert re.fullmatch(r"flush +0,0 8x2 +16 pixels written\n", seen[3])


def test_interactive_shell(boot):
    """While somebody has a shell on ttyS2 the machine still takes commands, as tools/trace needs it to."""
    vm = boot(fresh=True)
    start_shell(vm)
    vm.lines[2].send(b"echo is-a-$((6 * 7))\n")
    vm.lines[2].read_until(rb"is-a-42", 30, "the shell's answer")
    assert vm.sh("echo here") == "here\n"
    vm.lines[2].send(b"exit\n")
    vm.wait_stopped()


def modetest(vm, code, wanted):
    """Have modetest show its picture in this format until the screen is as wanted, and return that."""
    client = vm.channel(2, f"modetest -M vgakms -s Virtual-1:800x600@{code}")
    shot = vm.wait_screen(lambda shot: shot.shape == (600, 800, 3) and wanted(shot), f"modetest's picture in {code}")
    client.close()
    vm.wait_screen(lambda shot: shot.shape != (600, 800, 3), "the console's mode")
    return shot


@pytest.mark.kernels("newest")
def test_modetest(boot):
    """Its picture is the same in each format, but for the bits that the smallest one does not have."""
    vm = boot()
    # seven bars, each of a seventh of the width; the last line tells whether all of it is there
    middles = range(57, 800, 114)
    first = modetest(vm, "XR24", lambda shot: [tuple(shot[0, x]) for x in middles] == BARS and shot[-1].any())
    for code in ("AR24", "RG24", "RG16"):
        expected = cut565(first) if code == "RG16" else first
        modetest(vm, code, lambda shot: (shot == expected).all())
