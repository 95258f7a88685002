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
    r"\[.*-(vesa|uefi)\]": "VESA's and UEFI's modes are a PC's",
    "foreign_memory_above_4_gib": "it is about addresses of 64 bits on PCs",
}

POWER_LACKS = {
    r"\[.*mmio=off": "there are no I/O ports",
    "unplug": "a machine needs programs of IBM's to have adapters plugged in",
}

# What a processor, or its kernel, is without
LACKS = {
    # memset() makes whole cache lines zero by an instruction that a plugin of QEMU's does not see, and memcpy() writes
    # a few bytes of a line twice. So bytes are not counted exactly.
    "arm64": {
        "test_flush.py::test_(counters|wake_up)": "what is made black is not counted",
        "test_flush.py::test_(everything_changed|programs_are_left_out)": "some bytes are written twice",
    },
    # Debian's kernels
    "armhf": {
        "test_programs_are_left_out": "the plugin does not know a kernel of 32 bits",
        "test_foreign_memory": "it has no udmabuf",
    },
    "riscv64": {
        "test_panic.py": "it has no panic screens",
        "test_foreign_memory": "it has no udmabuf",
    },
    "ppc64el": {
        **POWER_LACKS,
        r"\[.*qemu-extended-regs=off": "vgakms refuses it: nobody knows its byte order",
        "test_foreign_memory": "it has no udmabuf",
        "test_no_mode_no_panic_screen": "firmware leaves a mode that is one of ours, and the panic is shown in it",
        "qr_code": "Debian compiles its kernel without Rust there",
    },
    # big endian, in the guest of tools/bigendian
    "ppc64": {
        **POWER_LACKS,
        "test_depth_from_the_command_line": "DRM has no big-endian format with 16 bits",
        "qr_code": "a QR code is drawn by Rust, which the kernel has been compiled without",
        "test_cursor.py": "there is no cursor for legacy ioctls, which this uses",
    },
}


def why_not(test):
    """The reason why there is no such test on this processor, or None"""
    if ARCH == "amd64":
        return None
    reasons = {**PC_ONLY, **LACKS.get(ARCH, {})}
    return next((reason for pattern, reason in reasons.items() if re.search(pattern, test)), None)
