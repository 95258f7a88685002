# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole Debian (tools/system) on a disk of its own: changed without booting it, or booted.

    with Disk() as disk:
        disk.install(build_package())
        with System(disk, "newest", "VGA") as system:
            print(system.driver())
"""

import itertools
import os
import pathlib
import subprocess
import tempfile
import time
import weakref
from typing import NamedTuple

from vm import TOP, VM, GuestError, run_tool

# An emulated processor takes a minute for what systemd starts.
BOOT_TIMEOUT = 400
PACKAGE = "vgakms-dkms"


class Desktop(NamedTuple):
    """A desktop of tools/system, and how it starts with nobody there who logs in"""

    name: str
    manager: str  # the service of its display manager, or its own
    file: str  # the file that makes that log somebody in, and what it says
    settings: str
    program: str  # is there once that is done
    terminal: str
    keys: tuple = ()  # what gets at the desktop then
    awake: str = ""  # keeps it from blanking, locking and sleeping, however long nobody does anything


# Somebody's session on a terminal of its own, with nothing but a compositor in it
COMPOSITOR = """[Service]
User=user
PAMName=login
TTYPath=/dev/tty7
StandardInput=tty
ExecStartPre=+/usr/bin/chvt 7
Environment=WLR_RENDERER=pixman
ExecStart="""
# These are in every image: see tools/system.
SMALL = ("xfce", "labwc", "weston")
DESKTOPS = {desktop.name: desktop for desktop in (
    Desktop("xfce", "lightdm", "/etc/lightdm/lightdm.conf.d/50-run.conf",
            "[Seat:*]\nautologin-user=user\nautologin-session=xfce\nuser-session=xfce\n",
            "xfdesktop", "xfce4-terminal --disable-server"),
    Desktop("gnome", "gdm3", "/etc/gdm3/daemon.conf",
            "[daemon]\nAutomaticLoginEnable=true\nAutomaticLogin=user\n", "gsd-power", "kgx", ("esc",),
            "cd /usr/share/glib-2.0/schemas && printf '[org.gnome.desktop.session]\nidle-delay=0\n"
            "[org.gnome.settings-daemon.plugins.power]\nsleep-inactive-ac-timeout=0\n' >50-awake.gschema.override && "
            "/usr/lib/*/glib-2.0/glib-compile-schemas ."),
    Desktop("plasma", "sddm", "/etc/sddm.conf.d/50-run.conf",
            "[Autologin]\nUser=user\nSession=plasma\n", "plasmashell", "konsole",
            awake="printf '[Daemon]\nAutolock=false\nLockOnResume=false\n' >/etc/xdg/kscreenlockerrc"),
    Desktop("labwc", "labwc", "/etc/systemd/system/labwc.service",
            f"{COMPOSITOR}labwc -s \"foot --maximized --override=colors.background=305070\"\n", "foot", "foot"),
    Desktop("weston", "weston", "/etc/systemd/system/weston.service",
            f"{COMPOSITOR}weston --backend=drm --renderer=pixman --socket=wayland-0\n", "weston", "foot",
            awake="mkdir -p /etc/xdg/weston && printf '[core]\nidle-time=0\n[shell]\n"
            "background-color=0xff305070\n' >/etc/xdg/weston/weston.ini"),
)}
# A pointer that goes where it is told to
TABLET = ("-device", "virtio-tablet-pci")
# After 90 seconds systemd takes what starts for something that hangs.
PATIENT = ("mkdir -p /etc/systemd/user.conf.d && printf '[Manager]\nDefaultTimeoutStartSec=infinity\n' "
           ">/etc/systemd/user.conf.d/50-patient.conf")
# What runs a program in the session of somebody who is logged in
IN_SESSION = ("runuser -u user -- env XDG_RUNTIME_DIR=/run/user/1000 WAYLAND_DISPLAY=wayland-0 DISPLAY=:0 "
              "XAUTHORITY=/home/user/.Xauthority QT_QPA_PLATFORM=wayland "
              "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus ")


def build_package(version=""):
    """Build the Debian package, and return its path in systems."""
    path = pathlib.Path(run_tool("deb", *([version] if version else [])))
    return f"/vgakms/{path.relative_to(TOP)}"


def has_panel(picture):
    """Whether Xfce's panel, which is light, is at the top of the screen."""
    return picture[:20].mean() > 150


def system_image(desktop=None):
    """The system of tools/system that has this desktop; the small ones are in every one."""
    return run_tool("system", *([] if desktop in (None, *SMALL) else ["--desktop", desktop]))


class Disk:
    """A copy of the system of tools/system, with a desktop of that name, or of another disk."""

    def __init__(self, original=None, desktop=None):
        self.desktop = original.desktop if original else DESKTOPS.get(desktop)
        handle, self.path = tempfile.mkstemp(prefix="vgakms-", suffix=".img", dir="/var/tmp")
        os.close(handle)
        try:
            self.copy(original.path if original else system_image(desktop))
        except BaseException:
            os.unlink(self.path)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.unlink(self.path)

    def copy(self, original):
        subprocess.run(["cp", "--sparse=always", original, self.path], check=True)

    def run(self, command):
        """Run a command as root in the system, which must not be booted, and return what it prints."""
        done = subprocess.run([TOP / "tools/system", self.path, "sh", "-c", command], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
        if done.returncode:
            raise GuestError(f"{command}\nexit status {done.returncode}\n{done.stdout}", done.returncode)
        return done.stdout

    def install(self, package):
        return self.run(f"DEBIAN_FRONTEND=noninteractive apt-get install -y {package}")

    def log_in(self):
        """Have somebody logged in to the desktop once its display manager starts."""
        path = pathlib.Path(self.desktop.file)
        self.run(f"mkdir -p {path.parent} && printf '{self.desktop.settings}' >{path}")
        self.stay_awake()

    def stay_awake(self):
        """Have the desktop not blank, lock, sleep or give up: minutes pass where the processor is emulated."""
        self.run(PATIENT)
        if self.desktop.awake:
            self.run(self.desktop.awake)

    def release(self, kernel):
        """What a kernel's "uname -r" prints"""
        return self.read(f"/boot/{kernel}/release").decode().strip()

    def read(self, path):
        """Return what is in a file, also if a machine uses the disk."""
        done = subprocess.run(["/usr/sbin/debugfs", "-R", f"cat {path}", self.path], check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if not done.stdout:
            raise GuestError(f"no {path} on the disk")
        return done.stdout


class System(VM):
    """A booted system. What it changes on its disk is lost, unless keep is set."""

    running = weakref.WeakSet()

    def __init__(self, disk, kernel, device, *, keep=False, append="", **arguments):
        self.disk = disk
        self.keep = keep
        self.running.add(self)
        super().__init__(kernel, [device], append=append, boot_timeout=BOOT_TIMEOUT, memory=2048, **arguments)

    def _system(self):
        release = self.disk.release(self.kernel)
        files = [self.folder / "vmlinuz", self.folder / "initrd.img"]
        for file in files:
            file.write_bytes(self.disk.read(f"/boot/{file.name}-{release}"))
        # Two emulated processors read a clock together less quickly than the watchdog expects.
        words = "root=/dev/vda rw console=ttyS0 console=tty0 no_timer_check tsc=nowatchdog"
        snapshot = "" if self.keep else ",snapshot=on"
        return *files, words, f"file={self.disk.path},format=raw,if=virtio{snapshot}"

    def driver(self):
        """The driver that has the only display adapter, if there is one"""
        return self.sh("for device in /sys/bus/pci/devices/*; do case $(cat $device/class) in 0x03*) "
                       "readlink $device/driver;; esac; done; true").strip().rsplit("/", 1)[-1]

    def start_desktop(self, timeout=900):
        """Wait until something is on the screen. Nobody has to log in: see Disk.log_in()."""
        desktop = self.disk.desktop
        self.sh(f"systemctl start {desktop.manager}; until pgrep -u user {desktop.program}; do sleep 0.5; done",
                timeout=timeout)
        self.wait_screen(lambda shot: shot.std() > 15, "a desktop", timeout=timeout)

    def wait_desktop(self, timeout=900):
        """Wait until the desktop that was started has nothing more to do, and return its picture."""
        self.wait_idle(timeout)
        if self.disk.desktop.keys:
            self.press(*self.disk.desktop.keys)
            self.wait_idle()
        return self.settled(timeout=300)

    def start_terminal(self):
        self.sh(f"systemd-run --quiet --collect --unit=terminal {IN_SESSION}{self.disk.desktop.terminal}")

    def wait_idle(self, timeout=300):
        """Wait until the programs have done what they had to do for now: a desktop draws in several steps."""
        self.sh("idle() { awk '/^cpu / { print $5 + $6 }' /proc/stat; }; before=$(idle); "
                "until sleep 5; now=$(idle); test $((now - before)) -gt $((350 * $(nproc))); do before=$now; done",
                timeout=timeout)

    def settled(self, timeout=60, pause=0.3):
        """The picture once two in a row are the same: the console's output comes with the next frame.

        pause is in seconds of the guest. A desktop that draws itself bit by bit needs a longer one.
        """
        deadline = time.monotonic() + timeout
        last = self.screendump()
        while True:
            self.sh(f"sleep {pause}")
            shot = self.screendump()
            if shot.shape == last.shape and (shot == last).all():
                return shot
            if time.monotonic() > deadline:
                raise GuestError("the picture keeps changing")
            last = shot

    def power_off(self):
        self.post("systemctl poweroff")
        self.wait_stopped(300)

    def type(self, text):
        """Press keys, as somebody at the machine would: lower-case letters and the end of a line."""
        for letter in text:
            self.press({"\n": "ret"}.get(letter, letter))

    def press(self, *keys):
        self.qmp("send-key", keys=[{"type": "qcode", "data": key} for key in keys])

    def point(self, x, y, shape=None):
        """Move the pointer to a pixel of the screen, which has this shape. This takes TABLET among QEMU's devices."""
        height, width, _ = shape or self.screendump().shape
        self._input(*({"type": "abs", "data": {"axis": axis, "value": position * 0x7fff // (size - 1)}}
                      for axis, position, size in (("x", x, width), ("y", y, height))))

    def move(self, x, y):
        """Move the mouse by so many pixels, if the guest does not accelerate it."""
        self._input(*({"type": "rel", "data": {"axis": axis, "value": distance}}
                      for axis, distance in (("x", x), ("y", y)) if distance))

    def button(self, down):
        self._input({"type": "btn", "data": {"down": down, "button": "left"}})

    def drag(self, start, end, follows):
        """Drag what is at one pixel to another one; follows(picture) tells whether it has begun to move."""
        # A client may take some time to notice the button, and does not look back.
        places = itertools.cycle(((start[0] + 8, start[1] + 8), start))

        def moves(shot):
            self.point(*next(places))
            return follows(shot)

        self.point(*start)
        self.button(True)
        try:
            self.wait_screen(moves, "something that follows the pointer")
            self.point(*end)
        finally:
            self.button(False)

    def _input(self, *events):
        self.qmp("input-send-event", events=list(events))
