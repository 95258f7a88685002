# SPDX-License-Identifier: GPL-2.0-or-later
"""The Bochs emulator as a machine: what QEMU's VGA is modelled on.

    with RealBochs("newest") as bochs:
        bochs.load()
        picture = bochs.screendump()

It boots the CD of tools/bochs. Its window is on a screen in memory, Xvfb's, and pictures are read from there. Bochs
interprets each instruction, so it takes a minute or more until the guest has booted.
"""

import functools
import os
import pathlib
import re
import socket
import subprocess

import numpy

from vm import VM, GuestError, Line, run_tool

# What takes Linux long here is left out: to check its own memory, and certificates.
WORDS = ("console=ttyS0,115200", "nokaslr", "mitigations=off", "rodata=off", "init_on_alloc=0", "no_timer_check",
         "tsc=reliable", "initcall_blacklist=load_system_certificate_list")
# A screen that the largest of Bochs' modes fits on. Its window has a border and, above and below the picture, bars.
SCREEN = (2600, 1700)
BORDER, ABOVE, BELOW = 4, 32, 18
# What makes each kind of adapter: where it is plugged in, and its BIOS
ADAPTERS = {"vbe": ("pcivga", "/usr/share/bochs/VGABIOS-lgpl-latest"),
            "cirrus": ("cirrus", "/usr/share/vgabios/vgabios.cirrus.bin")}

CONFIGURATION = """
display_library: x
cpu: model=corei7_sandy_bridge_2600k, ips=20000000
clock: sync=none
memory: guest=512, host=512
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file={rom}
pci: enabled=1, chipset=i440fx, slot1={plugged}
vga: extension={extension}{options}
ata0: enabled=1
ata0-master: type=cdrom, path={folder}/cd, status=inserted
boot: cdrom
speaker: enabled=0
log: {log}
com1: enabled=1, mode=file, dev={kernel_log}
"""


@functools.cache
def has_vram_sizes():
    """Whether this Bochs can have another size of VRAM than 16 MiB, as those from 3.0 on"""
    done = subprocess.run(["bochs", "--help"], check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return int(re.search(r"Bochs x86 Emulator (\d+)", done.stdout)[1]) >= 3


class RealBochs(VM):
    """A running Bochs with an adapter of that kind, "vbe" or "cirrus".

    vram is in MiB: 16, unless has_vram_sizes().
    """

    def __init__(self, kernel="newest", extension="vbe", *, vram=16, append=""):
        self.screen = self.display = None
        self.options = f", vbe_memsize={vram}" if vram != 16 else ""
        super().__init__(kernel, [extension], append=append, accel="none")
        self.name = f"Linux {kernel}, Bochs with {extension}"
        self.checked = len(self.dmesg())  # Linux warns of what the processor says of itself

    def _start(self, devices, append, **_):
        self.patience = 10
        run_tool("bochs", self.kernel, str(self.folder / "cd"), *WORDS, append)
        self._start_screen()
        servers = {number: socket.create_server(("127.0.0.1", 0)) for number in (1, 2, 3)}
        self._configure(devices[0], servers)
        self.process = self._run(["bochs", "-q", "-f", "configuration", "-rc", "commands"],
                                 env={**os.environ, "DISPLAY": self.display})
        self.lines = {}
        for number, server in servers.items():
            with server:
                server.settimeout(60)
                self.sockets.append(server.accept()[0])
            self.lines[number] = Line(self, self.sockets[-1])

    def _start_screen(self):
        width, height = SCREEN
        ours, theirs = os.pipe()
        self.screen = self._run(["Xvfb", "-displayfd", str(theirs), "-screen", "0", f"{width}x{height}x24",
                                 "-fbdir", self.folder, "-nolisten", "tcp"], pass_fds=[theirs])
        os.close(theirs)
        with open(ours) as number:
            self.display = f":{number.readline().strip()}"

    def _configure(self, extension, servers):
        plugged, rom = ADAPTERS[extension]
        text = CONFIGURATION.format(extension=extension, options=self.options, plugged=plugged, rom=rom,
                                    folder=self.folder, log=self.trace_log, kernel_log=self.log)
        for number, server in servers.items():
            text += f"com{number + 1}: enabled=1, mode=socket-client, dev=127.0.0.1:{server.getsockname()[1]}\n"
        (self.folder / "configuration").write_text(text)
        # Debian's Bochs is one with a debugger, which waits to be told to continue.
        (self.folder / "commands").write_text("continue\n")

    def _run(self, command, **arguments):
        with open(self.errors, "a") as errors:
            return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *command], cwd=self.folder,
                                    stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, **arguments)

    def _end(self):
        for process in filter(None, (self.process, self.screen)):
            process.kill()
            process.wait()
        super()._end()

    def qemu_log(self):
        """What Bochs says of errors with the adapter"""
        return [line for line in super().qemu_log() if re.match(r"\d+[ep]\[(BXVGA|VGA|CIRRUS) *\]", line)]

    def screendump(self, device=None):
        """Return the picture in Bochs' window, as VM does."""
        x, y, width, height = self._window()
        data = numpy.memmap(self.folder / "Xvfb_screen0", mode="r")
        # X's own file format: a header of words, with its size, that of a line and of the palette, which is next
        header = data[:100].view(">u4")
        start, pitch = header[0] + header[19] * 12, header[12]
        lines = data[start:start + SCREEN[1] * pitch].reshape(SCREEN[1], pitch // 4, 4)
        return numpy.array(lines[y + ABOVE:y + height - BELOW, x:x + width, 2::-1])

    def _window(self):
        """The place of Bochs' window on its screen, without its border, and its size"""
        found = subprocess.run(["xwininfo", "-display", self.display, "-root", "-tree"], check=True,
                               capture_output=True, text=True).stdout
        place = re.search(r'"Bochs .* (\d+)x(\d+)\+-?\d+\+-?\d+ +\+(\d+)\+(\d+)', found)
        if not place:
            self.check_alive("looking for its window")
            raise GuestError("Bochs has no window")
        width, height, x, y = map(int, place.groups())
        return x + BORDER, y + BORDER, width, height

    def shot(self, path, device=None):
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = self.screendump()
        with open(path, "wb") as file:
            subprocess.run(["pnmtopng", "-quiet"], input=b"P6 %d %d 255\n" % picture.shape[1::-1] + picture.tobytes(),
                           stdout=file, check=True)
