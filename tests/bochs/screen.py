# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests on Bochs share."""

import numpy as np

from picture import assert_same
from vm import GuestError


def load(bochs):
    """Load vgakms unless it is loaded."""
    if "vgakms" not in bochs.sh("lsmod"):
        bochs.load()


def check_picture(bochs, expected):
    """Wait until a picture is on the screen: Bochs shows what has changed a few times a second."""
    try:
        bochs.wait_screen(lambda shot: np.array_equal(shot, expected), "the picture")
    except GuestError:
        assert_same(bochs.screendump(), expected)
        raise
