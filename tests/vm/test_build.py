# SPDX-License-Identifier: GPL-2.0-or-later
"""The strict builds: gcc and clang with W=1, and sparse, on both kernels, without a warning."""

import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]


def test_no_warnings():
    result = subprocess.run([TOP / "tools" / "build", "--check"], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_clean_up_is_complete():
    """Nothing in the driver depends on the kernel's version number."""
    sources = [*TOP.glob("shadow/*.c"), *TOP.glob("bochs/*.c"), *TOP.glob("cirrus/*.c")]
    assert sources
    for source in sources:
        assert "LINUX_VERSION_CODE" not in source.read_text(), source
