# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of docs/modes.md, so that tests can hold it to its word."""

import pathlib
import re

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "modes.md"


def table(heading):
    """The rows of the table whose first column has this heading, as lists of cells."""
    lines = iter(DOCUMENT.read_text().splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            break
    next(lines)  # the line below the heading
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def sizes(cell):
    """The modes that a cell lists, as pairs of numbers."""
    return [tuple(map(int, size)) for size in re.findall(r"(\d+)x(\d+)", cell)]


def mib(cell):
    """The amounts of memory that a cell begins with."""
    return [int(number) for number in re.findall(r"\d+", cell.split("MiB")[0])]
