# SPDX-License-Identifier: GPL-2.0-or-later
"""What a panic screen's QR code tells."""

import re
import subprocess
import zlib


def kernel_log_on(picture):
    """Return the kernel's log that a picture file shows as a QR code, or nothing if there is no code."""
    read = subprocess.run(["zbarimg", "--raw", "--quiet", picture], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return _unpack(read.stdout.strip()) if read.stdout else ""


def _unpack(url):
    """17 digits at a time are 7 bytes of the compressed log."""
    digits = re.fullmatch(r"https://deb\.li/panic#\?a=\w+&v=[^&]*&z=(\d+)", url)[1]
    whole = len(digits) - len(digits) % 17
    data = b"".join(int(digits[at:at + 17]).to_bytes(7, "little") for at in range(0, whole, 17))
    return zlib.decompressobj().decompress(data).decode(errors="replace")
