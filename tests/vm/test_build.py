# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be said without a machine: strict builds, and the README's word."""

import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]


def test_no_warnings():
    """gcc and clang with W=1, and sparse, on both kernels."""
    result = subprocess.run([TOP / "tools" / "build", "--check"], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_no_version_checks():
    """What differs between kernels is asked of their headers, and made up for in compat.h."""
    sources = [*TOP.glob("shadow/*.c"), *TOP.glob("bochs/*.c")]
    assert sources
    for source in sources:
        assert not re.search(r"LINUX_VERSION_CODE|KERNEL_VERSION|HAVE_", source.read_text()), source


def test_readme_tells_the_largest_modes():
    """In the README's table each mode is the largest of them all that fits, in its depth."""
    rows = re.findall(r"^\| (\d+) MiB[^|]*\|(.*)\|$", (TOP / "README.md").read_text(), re.MULTILINE)
    assert len(rows) >= 5
    sizes = {tuple(map(int, size)) for _, cells in rows for size in re.findall(r"(\d+)x(\d+)", cells)}
    for mib, cells in rows:
        for cell, bpp in zip(cells.split("|"), (32, 24, 16)):
            fitting = [w * h for w, h in sizes if w * h * bpp // 8 <= int(mib) << 20]
            for width, height in re.findall(r"(\d+)x(\d+)", cell):
                assert int(width) * int(height) == max(fitting), (mib, cell)
