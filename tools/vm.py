#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine with legacy VGA adapters, driven from Python.

    with VM("newest", devices=["VGA,vgamem_mb=4"]) as vm:
        vm.load()
        print(vm.sh("modetest -M vgakms -c"))
        picture = vm.screendump()

The guest is the Debian of tools/guest, booted directly by its kernel in a few seconds. Serial
lines connect it to us: ttyS0 takes the kernel's log, ttyS1 has a root shell (tools/guest-init),
ttyS2 and ttyS3 are for test clients. This checkout is mounted in the guest on /vgakms.

As a program, tools/vm.py starts a machine and gives you its shell.
"""

import argparse
import base64
import contextlib
import functools
import json
import os
import pathlib
import re
import secrets
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import termios
import time
import tty
from typing import NamedTuple

import numpy

TOP = pathlib.Path(__file__).resolve().parent.parent
READY = "vgakms-guest-ready"


class Platform(NamedTuple):
    """How QEMU is started for a processor, by its name in Debian.

    console is the serial line that takes the kernel's log. serial are the devices of the other three, which
    Linux shall call ttyS1 to ttyS3: with a port of their own before them where ttyS0 is not the console.
    words are for the kernel's command line. pci_memory is where the guest's memory has address 0 of its PCI bus,
    and memory the size of its RAM in MiB.
    """

    qemu: str
    machine: str = "virt"
    console: str = "ttyS0"
    cpu: str = None
    words: str = ""
    pci_memory: int = 0
    memory: int = 1024

    def serial(self, lines):
        """The arguments for serial lines with these character devices."""
        if self.machine == "pc":
            return [word for line in lines for word in ("-serial", f"chardev:{line}")]
        if self.console == "ttyS0":
            return [word for line in lines for word in ("-device", f"pci-serial,chardev={line}")]
        ports = ",".join(f"chardev{number}={line}" for number, line in enumerate(lines, 2))
        return ["-chardev", "null,id=unused", "-device", f"pci-serial-4x,chardev1=unused,{ports}"]


# Where RAM does not begin at 0 there is half a GiB of it: QEMU 7.2 tells a plugin offsets, and not in which
# memory they are (tests/vm/writes.py). With more RAM its offsets would also be VRAM's.
PLATFORMS = {
    # A busy host is no reason to panic: the kernel would, where timer interrupts come late.
    "amd64": Platform("x86_64", "pc", words="no_timer_check"),
    "arm64": Platform("aarch64", console="ttyAMA0", cpu="cortex-a72", memory=512),
    "armhf": Platform("arm", console="ttyAMA0", memory=512),
    "loong64": Platform("loongarch64"),
    # Linux would reboot some time after a panic
    "ppc64": Platform("ppc64", "pseries", console="hvc0", words="panic=0", pci_memory=0x200000000000),
    "ppc64el": Platform("ppc64", "pseries", console="hvc0", words="panic=0", pci_memory=0x200000000000),
    "riscv64": Platform("riscv64", memory=512),
}
ARCH = os.environ.get("VGAKMS_ARCH") or "amd64"
PLATFORM = PLATFORMS[ARCH]
# Debian's; VM() takes the other names and numbers of tools/guest as well.
KERNELS = ("newest",) if ARCH == "ppc64" else ("stable", "newest")
# And these: what makes them, with arguments.
OURS = {"debug": ("debugkernel",), "late": ("debugkernel", "--late")}

# What a kernel says when something is badly wrong.
TROUBLE = re.compile(
    r"WARNING:|BUG:|Oops|Call Trace|Kernel panic|general protection|UBSAN|KASAN|KFENCE"
    r"|possible (?:circular|recursive) locking|inconsistent lock state|suspicious RCU usage"
    r"|\*ERROR\*|timed out|INFO: task|soft lockup|rcu: INFO|unreferenced object|refcount_t:")
# What QEMU may complain of: the one way to find out how much VRAM Cirrus has, see cirrus/cirrus.c; how UEFI finds
# out that there is neither flash nor a TPM; what Linux tries on POWER, and that it tells of a panic there. And,
# rarely, an interrupt from one emulated processor to another (the APIC's register 0x300) just when a mode set
# changes the memory map: QEMU 7.2 exchanges the map before that processor's own notes of it, and the write ends
# where nobody sent it.
NO_COMPLAINT = re.compile(r"Invalid (?:read|write) at addr 0x"
                          r"(?:\w+[48]00000, size 4,|FFC0|FED4|300, size 4, region 'pc.bios')"
                          r"|Trying to write invalid spr|Guest crashed$")
# After these, a guest does not answer any more.
FATAL = re.compile(r"Kernel panic|Oops:|BUG: unable to handle|general protection fault")

# The adapters' registers are in regions that QEMU gives these names. An offset is that in a BAR of
# 4 KiB, or the I/O port itself.
BARS = {"bochs dispi interface", "vga ioports remapped", "qemu extended regs", "edid", "cirrus-mmio"}
IO_PORTS = {"vga", "vbe", "cirrus-io"}

# What a module that gcc has instrumented has counted. These files do not know their sizes.
COUNTERS = """
set -e
test -e /sys/kernel/debug/gcov/module || exit 0
cd /sys/kernel/debug/gcov/module
find . -name '*.gcda' | while read -r file; do
    mkdir -p "/run/gcov/${file%/*}"
    cat "$file" >"/run/gcov/$file"
done
tar -C /run/gcov -cz . | base64
"""


class GuestError(Exception):
    """The guest did something else than was asked of it. status is a command's exit status."""

    def __init__(self, message, status=None):
        super().__init__(message)
        self.status = status


class ClientError(Exception):
    """A test client answered "err"; the text is what followed."""


class Access(NamedTuple):
    """A register access. The offset is relative to a BAR, or an I/O port of the legacy ranges."""

    kind: str  # "r" or "w"
    region: str
    offset: int
    value: int
    size: int


ACCESS = re.compile(r"memory_region_ops_(r|w)\w* .* addr 0x(\w+) value 0x(\w+) size (\d+) name '(.*)'")
ACCESS_EVENTS = ("memory_region_ops_read", "memory_region_ops_write")


def parse_access(line):
    """Return the Access that a line of QEMU's log tells of, or None if it is none to an adapter."""
    match = ACCESS.search(line)
    if not match or match[5] not in BARS | IO_PORTS:
        return None
    kind, address, value, size, region = match.groups()
    offset = int(address, 16) & (0xfff if region in BARS else 0xffff)
    return Access(kind, region, offset, int(value, 16), int(size))


class Trace:
    """The log lines of a window of time, once that is over."""

    lines = ()


def run_tool(name, *arguments):
    """Run a script of tools/ and return what it prints."""
    result = subprocess.run([TOP / "tools" / name, *arguments], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, text=True, check=True)
    return result.stdout.strip()


@functools.cache
def release(kernel):
    """What "uname -r" prints on a kernel of Debian's."""
    return pathlib.Path(run_tool("guest", kernel)).name


@functools.cache
def name_of(kernel):
    """Return "stable" or "newest" if a number stands for that, else the kernel as it was given."""
    if kernel in (*KERNELS, *OURS):
        return kernel
    return next((name for name in KERNELS if release(name) == release(kernel)), kernel)


def cache():
    return pathlib.Path(run_tool("guest")).parent


@functools.cache
def acceleration():
    """Return "kvm" where a kernel boots with it, else "tcg". VGAKMS_ACCEL decides instead if set.

    A /dev/kvm that opens is not yet one that boots Linux (nested virtualization, containers), so
    try it; the answer holds until the host reboots.
    """
    choice = "tcg" if ARCH != "amd64" else os.environ.get("VGAKMS_ACCEL")
    if choice not in ("kvm", "tcg"):
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        answer = cache() / f"accel-{boot}"
        if not answer.exists():
            new = answer.with_suffix(f".{os.getpid()}")
            new.write_text(try_kvm())
            new.rename(answer)
        choice = answer.read_text()
    print(f"vm: using {choice.upper()}", file=sys.stderr)
    return choice


def try_kvm():
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    print("vm: trying KVM", file=sys.stderr)
    try:
        with VM("stable", accel="kvm", boot_timeout=20):
            return "kvm"
    except GuestError:
        return "tcg"


class Line:
    """A serial line of the guest: a byte stream to read by lines, under a time limit."""

    def __init__(self, vm, ours):
        self.vm = vm
        self.socket = ours
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data)

    def read_until(self, pattern, timeout, doing, watch=True):
        """Return the match of a bytes pattern; what came before it is match.string[:match.start()].

        Raise early if the guest cannot answer any more, or, with watch=False, only if QEMU ended.
        """
        timeout *= self.vm.patience
        deadline = time.monotonic() + timeout
        pattern = re.compile(pattern)
        while not (match := pattern.search(self.buffer)):
            left = deadline - time.monotonic()
            if left <= 0:
                tail = self.buffer[-2000:].decode(errors="replace")
                raise GuestError(f"no answer within {timeout:.0f} s: {doing}\n{tail}{self.vm.log_tail()}")
            if select.select([self.socket], [], [], min(left, 0.5))[0]:
                data = self.socket.recv(65536)
                if not data:
                    self.vm.report_end(doing)
                self.buffer += data
            elif watch:
                self.vm.check_alive(doing)
        self.buffer = match.string[match.end():]
        return match

    def receive(self):
        """Take what has come, without waiting for more."""
        while select.select([self.socket], [], [], 0)[0] and (data := self.socket.recv(65536)):
            self.buffer += data

    def forget(self):
        """Drop what came and was not read."""
        self.receive()
        self.buffer = b""

    def interact(self):
        """Connect the terminal to this line until Ctrl-] is pressed or the guest is gone."""
        saved = termios.tcgetattr(0)
        tty.setraw(0)
        try:
            while True:
                ready = select.select([0, self.socket], [], [])[0]
                if 0 in ready:
                    data = os.read(0, 4096)
                    if not data or b"\x1d" in data:
                        return
                    self.send(data)
                if self.socket in ready:
                    data = self.socket.recv(65536)
                    if not data:
                        return
                    os.write(1, data)
        finally:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)


class Channel:
    """A program in the guest that answers lines of text; see VM.channel()."""

    def __init__(self, vm, number, command):
        self.vm = vm
        self.number = number
        self.command = command
        self.line = vm.lines[number]
        self.line.forget()
        self.closed = False
        self.ended = secrets.token_hex(8)
        port = f"/dev/ttyS{number}"
        self.errors = f"/run/ttyS{number}.errors"
        vm.sh(f"stty -F {port} raw -echo; "
              f"(setsid sh -c {shlex.quote(command)} <{port} >{port} 2>{self.errors}; "
              f"echo {self.ended} $? >{port}) >/dev/null 2>&1 &")

    def send(self, line):
        self.line.send(line.encode() + b"\n")

    def wait(self, timeout=30):
        """Return the text after "ok"; other lines before it come first, each on its own line."""
        output = []
        while True:
            match = self.line.read_until(rb"([^\n]*)\n", timeout, f"waiting for {self.command}")
            word, _, rest = match[1].decode().rstrip("\r").partition(" ")
            if word == "ok":
                return "\n".join([*output, rest])
            if word == "err":
                raise ClientError("\n".join([*output, rest]))
            if word == self.ended:
                self.closed = True
                errors = self.vm.sh(f"cat {self.errors}")
                raise GuestError(f"{self.command} exited with {rest}: {errors}", int(rest))
            output.append(f"{word} {rest}".rstrip())

    def ask(self, line, timeout=30):
        self.send(line)
        return self.wait(timeout)

    def move(self, vm):
        """The program goes on in another machine."""
        vm.channels.append(self)
        self.line.receive()
        vm.lines[self.number].buffer = self.line.buffer
        self.vm, self.line = vm, vm.lines[self.number]

    def close(self, timeout=30):
        """Tell the program to quit and return its exit status."""
        self.send("quit")
        match = self.line.read_until(rf"{self.ended} (\d+)\r?\n".encode(), timeout,
                                     f"waiting for the end of {self.command}")
        self.closed = True
        return int(match[1])


class VM:
    """A running machine, from the constructor's return until stop() or the end of a with block."""

    def __init__(self, kernel="newest", devices=("VGA",), *, machine=PLATFORM.machine, append="", extra=(),
                 cpus=1, memory=PLATFORM.memory, display="none", accel=None, boot_timeout=90, incoming=False,
                 wakes=False, wait=True):
        """devices and extra are arguments of QEMU: those of -device, and further ones as they are.

        append is for the kernel's command line. Panics stay on the screen; reboots reboot. With
        incoming nothing boots: a guest will come from another machine, see migrate(). With wakes,
        what boots gives way to a guest that has hibernated, see hibernate(). Without wait, the guest still boots;
        see wait_shell().
        """
        self.kernel = kernel
        self.hardware = dict(devices=devices, machine=machine, append=append, extra=extra, cpus=cpus,
                             memory=memory, display=display, accel=accel or acceleration())
        self.patience = 5 if kernel == "debug" else 1  # its checks take time
        self.name = f"Linux {kernel}, {' '.join(devices)}"
        self.process = None
        self.events = []
        self.channels = []
        self.sockets = []
        self.final_log = ""  # the kernel's log once the machine is gone
        self.checked = 0  # how much of the kernel's log check() has seen
        self.mark = secrets.token_hex(8)  # and the last line of that
        self.complaints = 0  # and how much of QEMU's log
        self.traced = set()  # trace events, which are in QEMU's log too
        self.booted = 0  # where in the log the latest boot begins
        self.broken = True  # the shell does not listen: it still runs a command, or is not there
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vgakms-"))
        self.log = self.folder / "kernel.log"
        self.trace_log = self.folder / "qemu.log"
        self.errors = self.folder / "qemu.errors"
        try:
            self._start(**self.hardware, incoming=incoming)
            if wakes:
                self.wait_log("PM: hibernation: resume from", boot_timeout)
                self.screendump()  # the host looks at the screen: black will have a size
                self.wait_log("PM: hibernation: hibernation exit", 60)
                self.broken = False
            elif wait and not incoming:
                self.wait_shell(boot_timeout)
                self.complaints = len(self.qemu_log())  # so far they were about firmware and Linux
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # Life

    def _system(self):
        """Return what boots: kernel, initrd, words for its command line, and a -drive if it has one."""
        root = run_tool("guest")
        boot = pathlib.Path(run_tool(*OURS.get(self.kernel, ("guest", self.kernel))))
        # The debug kernel interprets ACPI's interrupt routing for a minute; but without that it does not wake up.
        sleeps = any("disable_s3=0" in str(argument) for argument in self.hardware["extra"])
        words = f"console={PLATFORM.console} {PLATFORM.words}" + " acpi=noirq" * (self.kernel == "debug" and not sleeps)
        words += f" ARCH={ARCH}" * (ARCH != "amd64")
        # where processors take turns, or checks take time, clocks are looked at too late as well
        words += " tsc=reliable" * (self.kernel == "debug" or self.hardware["cpus"] > 1)
        # all of tools/bigendian's guest is in its initrd
        drive = None if ARCH == "ppc64" else f"file={root}.img,format=raw,if=virtio,readonly=on"
        return boot / "vmlinuz", boot / "initrd", words, drive

    def _start(self, devices, machine, append, extra, cpus, memory, display, accel, incoming):
        kernel, initrd, words, drive = self._system()
        # Linux patches its code as it runs. Where each processor is a thread, QEMU 7.2 may go on with the
        # breakpoint that was there meanwhile, and Linux crashes: within seconds if sched_schedstats toggles.
        threads = ",thread=single" * (accel == "tcg" and cpus > 1)
        theirs = []

        def line(name):
            """Give QEMU one end of a socket pair: nothing to name, to wait for or to clean up."""
            ours, other = socket.socketpair()
            self.sockets.append(ours)
            theirs.append(other)
            return ours, ["-chardev", f"socket,id={name},fd={other.fileno()}"]

        ours, arguments = line("qmp")
        self._qmp = Line(self, ours)
        self.lines = {}
        for number in (1, 2, 3):
            ours, chardev = line(f"line{number}")
            self.lines[number] = Line(self, ours)
            arguments += chardev
        command = [
            # Whatever happens to us, QEMU does not survive.
            "setpriv", "--pdeathsig", "KILL", "--",
            f"qemu-system-{PLATFORM.qemu}", "-name", f"guest={self.name.replace(',', ',,')}",
            "-nodefaults", "-no-user-config", "-vga", "none", "-display", display,
            # POWER tells the host of a panic
            "-action", "panic=none",
            "-machine", machine, "-accel", accel + threads, "-smp", str(cpus), "-m", str(memory),
            *(["-cpu", cpu] if (cpu := "host" if accel == "kvm" else PLATFORM.cpu) else []),
            *(["-kernel", kernel, "-initrd", initrd, "-append", f"{words} {append}"] if kernel else []),
            *(["-drive", drive] if drive else []),
            "-virtfs", f"local,path={TOP},mount_tag=vgakms,security_model=none,readonly=on",
            *arguments, "-mon", "chardev=qmp,mode=control",
            "-serial", f"file:{self.log}",
            *PLATFORM.serial(("line1", "line2", "line3")),
            "-d", "guest_errors", "-D", self.trace_log,
            *(argument for device in devices for argument in ("-device", device)),
            *extra, *(["-incoming", "defer"] if incoming else []),
        ]
        with open(self.errors, "w") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=errors,
                                            stderr=errors, pass_fds=[s.fileno() for s in theirs])
        for other in theirs:
            other.close()
        self._read_qmp("QEMU's greeting")
        self.qmp("qmp_capabilities")

    def wait_ready(self, timeout=90):
        """Wait for the shell of a guest that boots again."""
        self.booted = len(self.dmesg())
        for channel in self.channels:
            channel.closed = True
        self.wait_shell(timeout)

    def wait_shell(self, timeout):
        self.lines[1].read_until(rf"{READY}\r?\n".encode(), timeout, "waiting for the guest's shell")
        self.broken = False

    def stop(self):
        try:
            if "VGAKMS_COVERAGE" in os.environ and self.usable:
                self.save_coverage(TOP / "build/coverage" / self.folder.name)
        finally:
            self._end()

    def _end(self):
        self.broken = True
        if self.process and self.process.poll() is None:
            with contextlib.suppress(GuestError, OSError):
                self.qmp("quit")
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for ours in self.sockets:
            ours.close()
        self.final_log = self.dmesg()
        shutil.rmtree(self.folder, ignore_errors=True)

    def suspend(self):
        """Put the guest to sleep (S3). It needs extra=("-global", "PIIX4_PM.disable_s3=0"), or ICH9-LPC on q35."""
        self.post("echo mem >/sys/power/state")
        self.wait_event("SUSPEND")

    def wake(self):
        """Wake it, and wait until it is back: what reaches a serial line before that gets lost."""
        start = len(self.dmesg())
        self.qmp("system_wakeup")
        self.wait_log("PM: suspend exit", start=start)

    def hibernate(self, append=""):
        """Have the guest write itself to /dev/vdb (S4), and return a new machine in which it goes on.

        Clients go with it. The guest must have mounted no checkout, and swap to /dev/vdb. append is for the
        kernel that reads it back: see tools/guest-init.
        """
        self.post("echo shutdown >/sys/power/disk; echo disk >/sys/power/state")
        self.wait_stopped(timeout=120 * self.patience)
        hardware = dict(self.hardware, append=f"{self.hardware['append']} {append} vgakms.wake")
        other = VM(self.kernel, **hardware, wakes=True)
        other.hardware = self.hardware
        for channel in self.channels:
            channel.move(other)
        self.broken = True
        return other

    def migrate(self):
        """Move the guest, while it runs, to a machine of its own, and return that; this one stands still.

        Clients go with it. The guest must have unmounted the checkout, QEMU insists. Without KVM the guest
        is stopped meanwhile, wherever it is: QEMU 7.2 misses memory that an emulated processor writes (KASAN
        finds it damaged afterwards, with vgakms and without).
        """
        live = self.hardware["accel"] == "kvm"
        other = VM(self.kernel, **self.hardware, incoming=True)
        try:
            address = f"unix:{other.folder}/migration"
            other.qmp("migrate-incoming", uri=address)
            if not live:
                self.qmp("stop")
            self.qmp("migrate", uri=address)
            deadline = time.monotonic() + 60 * self.patience
            while (state := self.qmp("query-migrate"))["status"] != "completed":
                if state["status"] in ("failed", "cancelled") or time.monotonic() > deadline:
                    raise GuestError(f"the migration does not come to its end: {state}")
                time.sleep(0.1)
            if not live:
                # until the other QEMU has read all of it, "cont" would be taken and forgotten
                while other.qmp("query-status")["status"] == "inmigrate":
                    time.sleep(0.1)
                other.qmp("cont")
            other.wait_event("RESUME")
            other.broken = False
        except BaseException:
            other.stop()
            raise
        for channel in self.channels:
            channel.move(other)
        self.broken = True
        return other

    def wait_stopped(self, timeout=30):
        """Wait for QEMU's end, after the guest was told to power off."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise GuestError(f"still running after {timeout} s{self.log_tail()}") from None

    def check_alive(self, doing):
        """Raise if the guest cannot answer any more."""
        if self.process.poll() is not None:
            self.report_end(doing)
        if FATAL.search(self.boot_log()):
            raise GuestError(f"the kernel crashed: {doing}{self.log_tail()}")

    def report_end(self, doing):
        self.process.wait(10)
        raise GuestError(f"QEMU ended with {self.process.returncode}: {doing}\n"
                         f"{self.errors.read_text()}{self.log_tail()}")

    @property
    def usable(self):
        """Whether the guest still takes commands."""
        if self.broken:
            return False
        with contextlib.suppress(GuestError):
            self.check_alive("")
            return True
        return False

    # The guest's shell

    def post(self, command):
        """Start a command in the guest's shell without waiting for it (reboot -f, say)."""
        self.lines[1].send(f"sh -c {shlex.quote(command)} </dev/null\n".encode())

    def sh(self, command, timeout=60, check=True):
        """Run a command as root, in a shell of its own, and return what it prints.

        A status other than 0 raises GuestError, unless check is False.
        """
        if self.broken:
            raise GuestError(f"an earlier command still runs in the guest: {command}")
        mark = secrets.token_hex(8)
        self.broken = True
        self.lines[1].send(f"sh -c {shlex.quote(command)} </dev/null 2>&1; echo {mark} $?\n".encode())
        match = self.lines[1].read_until(rf"{mark} (\d+)\r?\n|{READY}\r?\n".encode(), timeout,
                                         command)
        self.broken = False
        if not match[1]:
            raise GuestError(f"the guest rebooted: {command}{self.log_tail()}")
        output = match.string[:match.start()].decode(errors="replace").replace("\r\n", "\n")
        status = int(match[1])
        if check and status:
            raise GuestError(f"{command}\nexit status {status}\n{output}", status)
        return output

    def channel(self, number, command):
        """Start a test client with ttyS2 or ttyS3 (number 2, 3) as its input and output.

        It reads a line, and answers with a line that starts with "ok" or "err".
        """
        self.channels.append(Channel(self, number, command))
        return self.channels[-1]

    @property
    def module(self):
        """Where the guest has the module that was built for its kernel"""
        return f"/vgakms/build/{self.kernel if self.kernel in OURS else release(self.kernel)}/vgakms.ko"

    def load(self, **parameters):
        """Load the vgakms.ko that tools/build made for this kernel."""
        words = [shlex.quote(f"{name}={value}") for name, value in parameters.items()]
        self.sh(" ".join(["/vgakms/tools/guest-init load", *words]))

    def unload(self):
        self.sh("rmmod vgakms")

    def save_coverage(self, folder):
        """Save what the module has counted, if it has, for tools/coverage."""
        if text := self.sh(COUNTERS):
            folder.mkdir(parents=True)
            subprocess.run(["tar", "-C", folder, "-xz"], input=base64.b64decode(text), check=True)

    # The kernel's log

    def dmesg(self):
        """Return the kernel's log since QEMU's start, over all reboots."""
        return self.log.read_text(errors="replace") if self.log.exists() else self.final_log

    def boot_log(self):
        """Return the kernel's log since the latest boot."""
        return self.dmesg()[self.booted:]

    def qemu_log(self):
        """Return the lines that QEMU has logged."""
        return self.trace_log.read_text(errors="replace").splitlines() if self.trace_log.exists() else []

    def log_tail(self, lines=40):
        tail = "\n".join(self.dmesg().splitlines()[-lines:])
        return f"\n--- the end of the kernel's log ---\n{tail}"

    def wait_log(self, pattern, timeout=30, start=None):
        """Wait until the kernel's log of this boot matches, or that after a position start.

        This works with a crashed guest as well.
        """
        timeout *= self.patience
        deadline = time.monotonic() + timeout
        start = self.booted if start is None else start
        while not (match := re.search(pattern, self.dmesg()[start:])):
            if time.monotonic() > deadline:
                raise GuestError(f"not in the log within {timeout} s: {pattern}{self.log_tail()}")
            time.sleep(0.1)
        return match

    def check(self, allow=()):
        """Raise if the kernel reported trouble since the last check, or QEMU an error of the guest's.

        Lines that match one of the patterns in allow do not count.
        """
        def trouble(lines):
            return [line for line in lines if not any(re.search(pattern, line) for pattern in allow)]

        unsaid = self._complete_log() if self.usable else ""
        log = self.dmesg()
        start, self.checked = self.checked, len(log)
        news = log[start:] + unsaid
        if found := trouble(filter(TROUBLE.search, news.splitlines())):
            raise GuestError(f"the kernel reports: {found[0]}\n{news}")
        lines = self.qemu_log()
        start, self.complaints = self.complaints, len(lines)
        complaints = (line for line in lines[start:] if line.split(" ")[0] not in self.traced)
        if found := trouble(line for line in complaints if not NO_COMPLAINT.match(line)):
            raise GuestError("\n".join(["QEMU complains:", *found[:20]]))

    def _complete_log(self):
        """Have all that the kernel has said so far written to the log.

        A kernel that was told to be quiet does not: return what it has kept since the last time.
        """
        last, self.mark = self.mark, secrets.token_hex(8)
        kept = self.sh(f"echo {self.mark} >/dev/kmsg; read -r level rest </proc/sys/kernel/printk; "
                       "test $level -gt 4 || dmesg")
        if kept:
            return kept.split(last)[-1]
        self.wait_log(self.mark)
        return ""

    # QEMU's monitor

    def qmp(self, command, **arguments):
        """Execute a QMP command and return its result. Arguments are spelled as Python names."""
        arguments = {name.rstrip("_").replace("_", "-"): value for name, value in arguments.items()}
        self._qmp.send(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            message = self._read_qmp(command)
            if "error" in message:
                raise GuestError(f"{command}: {message['error']['desc']}")
            if "return" in message:
                return message["return"]

    def hmp(self, line):
        """Execute a command of QEMU's human monitor and return what it prints."""
        return self.qmp("human-monitor-command", command_line=line)

    def pci_address(self, name):
        """Return the PCI address, as the guest writes it, of the device with this id."""
        for bus in self.qmp("query-pci"):
            for device in bus["devices"]:
                if device["qdev_id"] == name:
                    return f"0000:{bus['bus']:02x}:{device['slot']:02x}.{device['function']}"
        raise GuestError(f"no device {name}")

    def wait_event(self, name, timeout=30):
        """Return the next QMP event of this name, among those that came and those to come."""
        deadline = time.monotonic() + timeout
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            self._read_qmp(f"the event {name}", deadline - time.monotonic())

    def _read_qmp(self, awaited, timeout=60):
        match = self._qmp.read_until(rb"([^\n]*)\n", timeout, f"waiting for {awaited}", watch=False)
        message = json.loads(match[1])
        if "event" in message:
            self.events.append(message)
        return message

    # The screen

    def screendump(self, device=None):
        """Return the picture that a display shows, as an array of height x width x (red, green, blue)."""
        file = self.folder / "screen.ppm"
        self._dump(file, device, "ppm")
        data = file.read_bytes()
        header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
        width, height = int(header[1]), int(header[2])
        # QEMU pads each line to a multiple of 4 bytes, which PPM does not know.
        lines = numpy.frombuffer(data, numpy.uint8, offset=header.end()).reshape(height, -1)
        return lines[:, :width * 3].reshape(height, width, 3)

    def wait_screen(self, wanted, what, timeout=30, device=None):
        """Return the first screendump for which wanted(picture) is true."""
        timeout *= self.patience
        deadline = time.monotonic() + timeout
        while not wanted(picture := self.screendump(device)):
            if time.monotonic() > deadline:
                raise GuestError(f"not on the screen within {timeout} s: {what}{self.log_tail()}")
            self.check_alive(what)
            time.sleep(0.05)  # each picture takes time from the guest
        return picture

    def shot(self, path, device=None):
        """Save the picture as PNG."""
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._dump(path.resolve(), device, "png")

    def _dump(self, path, device, kind):
        where = {"device": device} if device else {}
        self.qmp("screendump", filename=str(path), format=kind, **where)

    # What the guest does to the hardware

    @contextlib.contextmanager
    def trace(self, *events):
        """Log these trace events of QEMU's; the lines are there after the with block."""
        trace = Trace()
        self.set_trace(events, True)
        start = self.trace_log.stat().st_size
        try:
            yield trace
        finally:
            self.set_trace(events, False)
        with open(self.trace_log, errors="replace") as log:
            log.seek(start)
            trace.lines = log.read().splitlines()

    def set_trace(self, events, enable):
        """Have QEMU log these trace events from now on, or not any more."""
        self.traced.update(events)
        for event in events:
            self.qmp("trace-event-set-state", name=event, enable=enable)

    @contextlib.contextmanager
    def accesses(self):
        """Yield a list that holds the accesses to the adapters' registers after the with block."""
        found = []
        with self.trace(*ACCESS_EVENTS) as trace:
            yield found
        found += filter(None, map(parse_access, trace.lines))


def main():
    parser = argparse.ArgumentParser(description="Start a machine and connect the terminal to its shell.")
    parser.add_argument("--kernel", default="newest", help="stable, newest, rt, debug, late, or a number such as 6.12")
    parser.add_argument("--device", action="append", help="QEMU's -device; repeat for more (default: VGA)")
    parser.add_argument("--machine", default=PLATFORM.machine)
    parser.add_argument("--append", default="", help="more words for the kernel's command line")
    parser.add_argument("--display", default="none", help="QEMU's -display, such as gtk")
    options = parser.parse_args()
    with VM(options.kernel, options.device or ["VGA"], machine=options.machine,
            append=options.append, display=options.display) as vm:
        interact(vm)


def start_shell(vm):
    """Start a root shell on ttyS2, at whose end the machine ends. The one on ttyS1 does not wait for it."""
    columns, rows = shutil.get_terminal_size()
    vm.sh(f"stty -F /dev/ttyS2 sane rows {rows} cols {columns}; "
          "setsid -f -c sh -c 'bash -l; poweroff -f' </dev/ttyS2 >/dev/ttyS2 2>&1")


def interact(vm):
    """Give the user a root shell, until it exits or Ctrl-] is pressed."""
    from tracing import served  # which builds on this module

    print("A root shell in the guest; exit or Ctrl-] ends it and the machine. Meanwhile tools/trace, in another "
          "terminal, shows what is done to the display adapter.")
    start_shell(vm)
    with served(vm):
        vm.lines[2].interact()


if __name__ == "__main__":
    import vm  # the same module as others import
    vm.main()
