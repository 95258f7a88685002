# SPDX-License-Identifier: GPL-2.0-or-later
"""The test client tests/guest/kms.c as a Python object.

    kms = Kms(vm.channel(2, "kms"))
    kms.card("vgakms")
    kms.fb(1, 1920, 1080)
    kms.pattern(1, seed=7)
    kms.set(1, mode="1920x1080")

Each method is a command of the client; "kms help" lists them.  What the client
refuses raises the channel's ClientError, whose text begins with the name of the
errno.  Framebuffers have small numbers that the test chooses.
"""

from typing import NamedTuple


class Mode(NamedTuple):
    """A mode of the connector; timings can be edited to make a "user:" mode."""

    index: int
    width: int
    height: int
    refresh: int
    preferred: bool
    clock: int
    flags: int
    timings: str


class Props(NamedTuple):
    """What a driver offers; connector, crtc, plane and cursor map names to values."""

    size_mm: tuple
    formats: list
    modifiers: list
    connector: dict
    crtc: dict
    plane: dict
    cursor: dict


class Event(NamedTuple):
    """A frame: its number, and when it was shown in microseconds."""

    seq: int
    us: int


class Flips(NamedTuple):
    events: list
    busy: int


class Spin(NamedTuple):
    """How far flipping in the background came; error is "none" if it was stopped."""

    flips: int
    busy: int
    error: str


class Fault(NamedTuple):
    """injected is 0 if there was no such allocation; error is "none" if the command succeeded."""

    injected: int
    error: str


class Timing(NamedTuple):
    user_us: int
    system_us: int
    wall_us: int


def command(name, *words, **options):
    """The line for a command: command("flip", 1, src=(8, 0)) is "flip 1 src=8,0"."""
    given = [f"{key}={_text(value)}" for key, value in options.items() if value is not None]
    return " ".join([name, *map(_text, words), *given])


def timings(width, height, refresh=60):
    """A mode of any size for Kms.set(), with the least blanking the core accepts."""
    total_w, total_h = width + 80, height + 20
    clock = total_w * total_h * refresh // 1000
    return (f"user:{clock},{width},{width + 16},{width + 48},{total_w},"
            f"{height},{height + 3},{height + 8},{total_h},0")


def _text(value):
    if isinstance(value, Mode):
        return f"#{value.index}"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, list):
        return ";".join(map(_text, value))
    return str(value)


def _results(text):
    """Split "key=value..."; values are numbers where they look like it."""
    pairs = (word.split("=", 1) for word in text.split())
    return {key: int(value) if value.isdecimal() else value for key, value in pairs}


def _events(lines):
    return [Event(*map(int, line.split(":"))) for line in lines]


class Kms:
    """A client on a channel, which is any object with send(line) and wait(timeout).

    wait() returns the lines of an answer, the last of them without its "ok".
    """

    def __init__(self, channel):
        self.channel = channel
        self.info = []

    # Talking

    def post(self, line):
        """Send a command without waiting for its end; wait() must follow."""
        self.channel.send(line)

    def wait(self, timeout=30):
        """The results of the command posted last; its other lines go to .info."""
        *info, results = self.channel.wait(timeout).split("\n")
        self.info = [line.strip() for line in info]
        return _results(results)

    def ask(self, line, timeout=30):
        self.post(line)
        return self.wait(timeout)

    def run(self, name, *words, timeout=30, **options):
        """Carry out a command; options that are None are left out."""
        return self.ask(command(name, *words, **options), timeout)

    # Cards

    def card(self, *name):
        """Open ("/dev/dri/card0"), ("pci", "0000:00:02.0") or ("vgakms", 0)."""
        return self.run("card", *name)

    def use(self, card):
        """Make card number "card" of those opened the current one."""
        self.run("use", card)

    def close(self):
        self.run("close")

    def master(self):
        self.run("master")

    def drop(self):
        self.run("drop")

    def quit(self):
        self.run("quit")

    # What the driver offers

    def modes(self):
        """Probe the connector and list its modes."""
        self.run("modes")
        return [self._mode(line) for line in self.info]

    @staticmethod
    def _mode(line):
        index, size, refresh, preference, timings = line.split()
        width, height = map(int, size.split("x"))
        clock, *_, flags = (int(number, 0) for number in timings.split(","))
        return Mode(int(index), width, height, int(refresh), preference == "preferred",
                    clock, flags, timings)

    def props(self):
        self.run("props")
        props = Props((), [], [], {}, {}, {}, {})
        for line in self.info:
            kind, first, *rest = line.split(maxsplit=2)
            if kind == "size":
                props = props._replace(size_mm=tuple(map(int, first.split("x"))))
            elif kind == "format":
                props.formats.append(first)
            elif kind == "modifier":
                props.modifiers.append((first, int(rest[0], 0)))
            else:
                getattr(props, kind)[rest[0]] = int(first)
        return props

    def edid(self):
        self.run("edid")
        return bytes.fromhex("".join(self.info))

    def prop(self, name, value, of=None):
        """Set a property of the "connector", "crtc", "plane" or "cursor": by default, of the first that has it."""
        self.run("prop", name, value, of=of)

    # Framebuffers

    def fb(self, fb, w, h, pitch=None, offset=None, format=None, modifier=None):
        """Create a framebuffer, XRGB8888 unless told otherwise, and return its pitch."""
        return self.run("fb", fb, w, h, pitch=pitch, offset=offset, format=format,
                        modifier=modifier)["pitch"]

    def rmfb(self, fb):
        self.run("rmfb", fb)

    def prime_export(self, fb):
        """Return a file descriptor of the client's, for prime_import."""
        return self.run("export", fb)["fd"]

    def prime_import(self, fb, fd, w, h, pitch):
        self.run("import", fb, fd, w, h, pitch)

    def release(self, fd):
        """Close a file descriptor that another command has returned."""
        self.run("release", fd)

    def udmabuf(self, fb, w, h):
        """Create a framebuffer in memory of no DRM device."""
        self.run("udmabuf", fb, w, h)

    # Pictures: see picture.py for what they look like

    def pattern(self, fb, seed, rect=None, junk=None, premultiplied=None, timeout=30):
        """Fill with noise; rect is (x, y, w, h), junk a seed for the unused bytes, or for alpha."""
        self.run("fill", fb, "pattern", seed, rect=rect, junk=junk, premultiplied=premultiplied, timeout=timeout)

    def noise(self, w, h, *fbs):
        """Create framebuffers of one size, each with the pattern of its own number."""
        for fb in fbs:
            self.fb(fb, w, h)
            self.pattern(fb, seed=fb)

    def solid(self, fb, color, rect=None, junk=None, timeout=30):
        """Fill with one color, 0xRRGGBB."""
        self.run("fill", fb, "solid", f"{color:06x}", rect=rect, junk=junk, timeout=timeout)

    def gradient(self, fb, direction="horizontal", color="gray", rect=None, junk=None,
                 timeout=30):
        self.run("fill", fb, "gradient", direction, color, rect=rect, junk=junk,
                 timeout=timeout)

    # Mode sets; a mode is "WxH", "WxH@HZ", "user:TIMINGS" or one of modes()

    def set(self, fb, mode=None, src=None):
        """Set a mode, the preferred one by default, with src=(x, y) at the top left."""
        self.run("set", fb, mode=mode, src=src)

    def test(self, fb, mode=None, src=None):
        """Ask whether set() would succeed."""
        self.run("test", fb, mode=mode, src=src)

    def asleep(self, fb, mode=None, src=None):
        """Set a mode with the CRTC inactive."""
        self.run("asleep", fb, mode=mode, src=src)

    def setcrtc(self, fb, mode=None, src=None):
        """The same by the ioctl from before atomic commits."""
        self.run("setcrtc", fb, mode=mode, src=src)

    def active(self, active):
        self.run("active", int(active))

    def dpms(self, on):
        self.run("dpms", "on" if on else "off")

    def off(self, fence=None, how=None):
        """Switch all off; how="test" only asks. fence is a file descriptor that the plane is to wait for."""
        self.run("off", fence=fence, how=how)

    def crtc(self, on, mode=None, how=None):
        """Switch the CRTC on or off and leave the planes alone; how="test" only asks, "nonblock" does not wait."""
        self.run("crtc", "on" if on else "off", mode=mode, how=how)

    def plane(self, fb, mode=None, how=None):
        """Put a framebuffer of that mode's size on the plane and leave the CRTC alone."""
        self.run("plane", fb, mode=mode, how=how)

    # The cursor, by atomic commits; src and size are a part of the framebuffer

    def cursor(self, fb, x, y, src=None, size=None, scaled=None):
        self.run("cursor", fb, x, y, src=src, size=size, scaled=scaled)

    def nocursor(self):
        self.run("nocursor")

    # The same by the ioctls from before atomic commits

    def setcursor(self, fb):
        self.run("setcursor", fb)

    def hidecursor(self):
        self.run("hidecursor")

    def movecursor(self, x, y):
        self.run("movecursor", x, y)

    # Frames; clips is a list of (x1, y1, x2, y2), each of which can be repeated

    def flip(self, fb, src=None, clips=None, repeat=None, cursor=None, timeout=30):
        """Flip; cursor is where the cursor goes in the same commit."""
        self.run("flip", fb, src=src, clips=clips, repeat=repeat, cursor=cursor, timeout=timeout)

    def nbflip(self, fb):
        """Flip without blocking, and return the event."""
        return Event(**self.run("nbflip", fb))

    def pageflip(self, fb):
        return Event(**self.run("pageflip", fb))

    def fence(self):
        """Commit nothing new, and return a file descriptor of the client's that is ready when the next frame is."""
        return self.run("fence")["fd"]

    def flips(self, count, *fbs, timeout=60):
        """Show these in turn as fast as events come, and return all events."""
        busy = self.run("flips", count, *fbs, timeout=timeout)["busy"]
        return Flips(_events(self.info), busy)

    def chase(self, count, x, y, *fbs, timeout=60):
        """Show these in turn, and move the cursor while each flip is on its way, in the end to (x, y).

        Return how many moves were done before their flip was.
        """
        return self.run("chase", count, x, y, *fbs, timeout=timeout)["early"]

    def queue(self, fb):
        """Flip, move the cursor while the flip is on its way, and flush the picture.

        Return how many frames the flush was done after the flip.
        """
        return self.run("queue", fb)["later"]

    def spin(self, *fbs):
        """Start to flip these in turn; stop() must follow."""
        self.post(command("spin", *fbs))

    def stop(self, timeout=30):
        """End spin(), if an error has not done so.  The client ignores empty lines."""
        self.post("")
        return Spin(**self.wait(timeout))

    def dirty(self, fb, clips=None):
        self.run("dirty", fb, clips=clips)

    # Vertical blanks

    def crtcseq(self):
        """Return the last vertical blank."""
        return Event(**self.run("crtcseq"))

    def vblank(self, count=1, timeout=30):
        """Wait for so many vertical blanks and return them."""
        self.run("vblank", count, timeout=timeout)
        return _events(self.info)

    # Faults

    def nth(self, number, line, timeout=60):
        """Carry out a command with that allocation in it failing: was it reached, and the command's error."""
        return Fault(**self.ask(f"nth {number} {line}", timeout))

    # Commands in bulk; each is a line as command() makes it

    def loop(self, count, *commands, timeout=60):
        """Carry out the commands in turn, so many times."""
        self.ask(f"loop {count} {' / '.join(commands)}", timeout)

    def time(self, count, *commands, timeout=60):
        """The same, and return the time taken."""
        return Timing(**self.ask(f"time {count} {' / '.join(commands)}", timeout))
