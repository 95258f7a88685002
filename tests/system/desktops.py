# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of GNOME and of Plasma do alike"""

from clients import share, start
from systems import IN_SESSION

# Either needs minutes for its start where the processor is emulated.
PATIENCE = 500


def session(system, command):
    """Run a command as the user who is logged in."""
    return system.sh(IN_SESSION + command, timeout=PATIENCE)


def wait(system, wanted, what):
    return system.wait_screen(wanted, what, timeout=PATIENCE)


def suspend(system):
    """The machine sleeps, and wakes up."""
    system.post("systemctl suspend")
    system.wait_event("SUSPEND", 120)
    system.wake()


def show_pointer(system, x, y):
    """Desktops hide it until it moves."""
    system.point(x + 40, y)
    system.point(x, y)


def edges(shot, color):
    """Where the terminal with this background begins: its left and upper edge"""
    rows, columns = (shot == color).all(axis=-1)[40:].nonzero()
    return int(columns.min()), int(rows.min()) + 40


def check_terminal(system, check, color, title):
    """A terminal is typed into, and moved by its title, which is so many pixels above what has this color.

    check(system) compares the screen with what the desktop says, and returns its picture.
    """
    def is_there(shot):
        return share(shot, color) > 0.1

    start(system, "client", IN_SESSION + system.disk.desktop.terminal)
    wait(system, is_there, "a terminal")
    before = check(system)
    system.type("ls\n")
    wait(system, lambda shot: (shot != before).any(axis=-1).sum() > 300, "what is typed")
    left, top = edges(check(system), color)
    system.drag((left + 150, top - title), (left + 230, top - title + 60),
                lambda shot: is_there(shot) and edges(shot, color) != (left, top))
    wait(system, lambda shot: is_there(shot) and edges(shot, color)[1] - top > 30, "the terminal further down")
    check(system)
