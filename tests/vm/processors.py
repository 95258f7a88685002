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


def why_not(test):
    """The reason why there is no such test on this processor, or None"""
    if ARCH == "amd64":
        return None
    return next((reason for pattern, reason in PC_ONLY.items() if re.search(pattern, test)), None)
