# SPDX-License-Identifier: GPL-2.0-or-later
"""What of the suite is about PCs, or wants what other machines of QEMU's do not have."""

import re

from vm import ARCH

# Parts of a test's name, and why it is left out on other processors than x86
PC_ONLY = {
    "test_build.py": "sources are the same for all",
    "test_handover.py": "text modes, VESA's and UEFI's are a PC's",
    "test_fallback.py": "only a PC has firmware that gives these adapters a screen",
    "test_hibernation.py": "the machine cannot be switched off to disk",
    "test_kexec.py": "the next kernel would look for a PC's text mode",
    "test_suspend_": "the machine does not sleep",
    "test_resume_": "the machine does not sleep",
    "test_away_during_shutdown.*kexec": "kexec is tested on PCs",
    "test_firmware_framebuffer": "VESA modes are a PC's",
    "foreign_memory_above_4_gib": "it is about addresses of 64 bits on PCs",
}


# QEMU's adapters without a register for that have big-endian pixels on these, and vgakms refuses them.
BIG_ENDIAN = {
    r"\[.*(cirrus-vga|mmio=off)": "the adapter's pixels are big endian",
}


def why_not(test):
    """The reason why there is no such test on this processor, or None"""
    if ARCH == "amd64":
        return None
    reasons = {**PC_ONLY, **(BIG_ENDIAN if ARCH == "ppc64el" else {})}
    return next((reason for pattern, reason in reasons.items() if re.search(pattern, test)), None)
