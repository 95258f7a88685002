# SPDX-License-Identifier: GPL-2.0-or-later
"""A VNC viewer beside a machine, and what it shows.

    vm = boot(display=f"vnc=unix:{path}")
    with Viewer(path) as viewer:
        viewer.wait_for(expected)

Unlike a screendump, for which QEMU looks at the adapter anew, it only learns what QEMU takes for
changed.
"""

import contextlib
import pathlib
import re
import subprocess
import tempfile
import time

import numpy as np

from picture import assert_same

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "build" / "host" / "vnc"


class Viewer:
    """tests/host/vnc.c, connected to QEMU's socket at path until the end of a with block."""

    def __init__(self, path):
        self.folder = tempfile.TemporaryDirectory(prefix="vgakms-")
        self.process = subprocess.Popen([PROGRAM, path], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def __enter__(self):
        self.picture()  # it is connected
        return self

    def __exit__(self, *_):
        self.process.kill()
        with contextlib.suppress(BrokenPipeError):
            self.process.communicate()
        self.folder.cleanup()

    def picture(self):
        """Return what the viewer shows now, as an array of height x width x (red, green, blue)."""
        file = pathlib.Path(self.folder.name) / "shot.ppm"
        with contextlib.suppress(BrokenPipeError):
            print("shot", file, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer == "ok\n", f"the viewer ended with {self.process.wait()}"
        data = file.read_bytes()
        header = re.match(rb"P6\n(\d+) (\d+)\n255\n", data)
        width, height = map(int, header.groups())
        return np.frombuffer(data, np.uint8, offset=header.end()).reshape(height, width, 3)

    def wait_for(self, expected, timeout=30):
        """Wait until the viewer shows exactly that."""
        deadline = time.monotonic() + timeout
        while not np.array_equal(picture := self.picture(), expected):
            if time.monotonic() > deadline:
                assert_same(picture, expected)
            time.sleep(0.05)
