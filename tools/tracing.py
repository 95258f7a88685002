# SPDX-License-Identifier: GPL-2.0-or-later
"""A live trace of a machine: accesses to the adapter's registers, and what the driver's flush writes.

    with served(vm):        # in the process that has the machine; see interact() in vm.py
        ...

Then tools/trace, in another terminal, shows what happens from there on.
"""

import contextlib
import hashlib
import re
import select
import socket
import threading

from vm import ACCESS_EVENTS, TOP, GuestError, parse_access

# One for each checkout, and without a file
SOCKET = "\0vgakms-trace-" + hashlib.sha256(str(TOP).encode()).hexdigest()[:12]

# A flush begins, writes pixels that have changed, and ends. It is an upload if the frame was forgotten before.
PROBES = """
set -e
cd /sys/kernel/tracing
if [ ! -e kprobe_events ]; then mount -t tracefs tracefs .; cd "$PWD"; fi
echo 'p:vgakms/flush shadow_flush x1=+0($arg3):s32 y1=+4($arg3):s32 x2=+8($arg3):s32 y2=+12($arg3):s32' >kprobe_events
echo 'p:vgakms/upload shadow_frame_init' >>kprobe_events
echo 'p:vgakms/write shadow_write_blocks count=$arg5:u32' >>kprobe_events
echo 'r:vgakms/done shadow_flush' >>kprobe_events
echo 1 >events/vgakms/enable
stty -F /dev/ttyS3 raw -echo
cat trace_pipe >/dev/ttyS3 2>/dev/null &
echo $! >/run/tracing
"""
NO_PROBES = """
cd /sys/kernel/tracing
kill $(cat /run/tracing)
echo 0 >events/vgakms/enable
echo >kprobe_events
true
"""
FLUSH = re.compile(r"flush: .* x1=(-?\d+) y1=(-?\d+) x2=(-?\d+) y2=(-?\d+)")
WRITE = re.compile(r"write: .* count=(\d+)")

# VGA's registers behind an index port, by data port, and others
INDEXED = {0x3c5: "SR", 0x3cf: "GR", 0x3d5: "CR"}
PORTS = {0x3c0: "AR index", 0x3c2: "MISC", 0x3c6: "DAC mask", 0x3c7: "DAC read", 0x3c8: "DAC write", 0x3c9: "DAC",
         0x3cc: "MISC", 0x3da: "STATUS 1"}
DISPI = {int(index, 0): name for name, index in re.findall(
    r"#define DISPI_INDEX_(\w+)\s+(\w+)", (TOP / "bochs" / "dispi.h").read_text())}
DISPI_INDEX_PORT = 0x1ce
# where in the MMIO BAR the dispi registers are
DISPI_OFFSET = 0x500


class Registers:
    """Finds names for accesses; what was written to index ports is remembered for that."""

    def __init__(self):
        self.index = {}

    def name(self, access):
        """The register's name, or None for an index"""
        if access.region == "bochs dispi interface":
            return DISPI.get((access.offset - DISPI_OFFSET) // 2, f"dispi+{access.offset:x}")
        if access.region == "vbe":
            return self._behind(DISPI_INDEX_PORT, access, lambda index: DISPI.get(index, f"dispi {index}"))
        if access.region in ("edid", "qemu extended regs"):
            return f"{access.region}+{access.offset:x}"
        port = 0x3c0 + access.offset % 0x20
        if port in INDEXED or port + 1 in INDEXED:
            return self._behind(port & ~1, access, lambda index: f"{INDEXED[port]}{index & 0x1f:02X}")
        return PORTS.get(port, f"port {port:03x}")

    def _behind(self, index_port, access, name):
        if access.offset & 1:
            return name(self.index.get(index_port, 0))
        self.index[index_port] = access.value
        return None

    def describe(self, access):
        if name := self.name(access):
            verb = "read" if access.kind == "r" else "write"
            return f"{verb:6} {name:12} 0x{access.value:x} ({access.value})"
        return None


class Flush:
    """A flush of a part of the screen, or an upload of all of it, as far as it was seen"""

    def __init__(self, name, area=""):
        self.name = name
        self.area = area
        self.pixels = 0

    def describe(self):
        return f"{self.name:6} {self.area:20} {self.pixels} pixels written"


class Tracer:
    """Turns what QEMU and the guest say into lines."""

    def __init__(self, vm):
        self.vm = vm
        self.registers = Registers()
        self.flush = None
        self.edid = 0  # bytes that were read one after another

    @contextlib.contextmanager
    def started(self):
        with open(self.vm.trace_log, errors="replace") as self.log:
            self.log.seek(0, 2)
            self.vm.lines[3].forget()
            self.vm.set_trace(ACCESS_EVENTS, True)
            try:
                self.vm.sh(PROBES)
                yield
            finally:
                self.vm.set_trace(ACCESS_EVENTS, False)
                self.vm.sh(NO_PROBES)

    def lines(self):
        """What has happened since the last call"""
        guest = self.vm.lines[3]
        select.select([guest.socket], [], [], 0.1)
        for text in self.log.readlines():
            if access := parse_access(text):
                yield from self._access(access)
        guest.receive()
        *events, guest.buffer = guest.buffer.split(b"\n")
        for event in events:
            yield from self._event(event.decode(errors="replace"))

    def _access(self, access):
        """One line for all bytes of an EDID, and one for any other access"""
        if access.region == "edid":
            self.edid += 1
        elif described := self.registers.describe(access):
            if self.edid:
                yield f"read   EDID         {self.edid} bytes"
                self.edid = 0
            yield described

    def _event(self, text):
        if re.search(r"\bupload:", text):
            self.flush = Flush("upload")
        elif match := FLUSH.search(text):
            x1, y1, x2, y2 = map(int, match.groups())
            if not self.flush or self.flush.area:
                self.flush = Flush("flush", f"{x1},{y1} {x2 - x1}x{y2 - y1}")
        elif self.flush and (match := WRITE.search(text)):
            self.flush.pixels += int(match[1])
        elif self.flush and "done:" in text:
            yield self.flush.describe()
            self.flush = None


def _serve(vm, listener, ended):
    while not ended.is_set():
        if not select.select([listener], [], [], 0.2)[0]:
            continue
        client, _ = listener.accept()
        tracer = Tracer(vm)
        with client, contextlib.suppress(ConnectionError):
            try:
                with tracer.started():
                    _send_lines(tracer, client, ended)
            except GuestError as error:
                client.sendall(f"{error}\n".encode())


def _send_lines(tracer, client, ended):
    with contextlib.suppress(ConnectionError):
        client.sendall(f"{tracer.vm.name}\n".encode())
        while not ended.is_set():
            for line in tracer.lines():
                client.sendall(line.encode() + b"\n")
            if select.select([client], [], [], 0)[0]:
                return  # it has nothing to say, so it is gone


@contextlib.contextmanager
def served(vm):
    """Let tools/trace follow this machine, if it does not follow another. Nothing else may use its ttyS3 meanwhile."""
    ended = threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(SOCKET)
        except OSError:  # another has it
            yield
            return
        listener.listen()
        thread = threading.Thread(target=_serve, args=(vm, listener, ended))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
