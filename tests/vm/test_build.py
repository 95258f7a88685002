# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be said without a machine: strict builds, and the README's word."""

import pathlib
import re
import subprocess

import readme

TOP = pathlib.Path(__file__).resolve().parents[2]


def test_no_warnings():
    """gcc and clang with W=1, and sparse, on both kernels; and gcc on the first that is supported."""
    result = subprocess.run([TOP / "tools" / "build", "--check"], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_no_version_checks():
    """What differs between kernels is asked of their headers, and made up for in compat.h."""
    folders = {source.parent for source in TOP.glob("*/*.c")}
    assert len(folders) >= 4
    for source in (source for folder in folders for source in folder.glob("*.c")):
        assert not re.search(r"LINUX_VERSION_CODE|KERNEL_VERSION|HAVE_", source.read_text()), source


def test_readme_tells_the_largest_modes():
    """In the README's table each mode is the largest of them all that fits, in its depth."""
    rows = readme.table("VRAM")
    assert len(rows) >= 5
    known = {size for row in rows for cell in row for size in readme.sizes(cell)}
    for vram, *cells in rows:
        limit, = readme.mib(vram)
        for cell, bpp in zip(cells, (32, 24, 16)):
            fitting = [w * h for w, h in known if w * h * bpp // 8 <= limit << 20]
            for width, height in readme.sizes(cell):
                assert width * height == max(fitting), (vram, cell)
