# SPDX-License-Identifier: GPL-2.0-or-later
"""Test pictures, and what the host must show of them.

A picture is an array of shape (height, width, 3) with 8 bits of red, green and
blue.  pattern(), solid() and gradient() equal what `kms fill` paints, pixel by
pixel (tests/guest/picture.h): change both or neither.
"""

import numpy as np

CHANNELS = {"red": 0xFF0000, "green": 0x00FF00, "blue": 0x0000FF, "gray": 0xFFFFFF}


def mix32(v):
    """A bijection of 32-bit numbers, element by element ("lowbias32")."""
    v = np.array(v, dtype=np.uint32, ndmin=1)
    v ^= v >> np.uint32(16)
    v *= np.uint32(0x7FEB352D)
    v ^= v >> np.uint32(15)
    v *= np.uint32(0x846CA68B)
    v ^= v >> np.uint32(16)
    return v


def pattern(w, h, seed, x0=0, y0=0):
    """Noise: neighbors differ, and so does each seed.

    (x0, y0) is the framebuffer position of the first pixel: what a panned
    display or a filled rectangle begins with.
    """
    return _rgb(_noise(w, h, seed, x0, y0))


def _noise(w, h, seed, x0, y0):
    x = np.arange(x0, x0 + w, dtype=np.uint32)
    y = np.arange(y0, y0 + h, dtype=np.uint32)
    keys = mix32(y ^ mix32(seed))
    return mix32(x[np.newaxis, :] ^ keys[:, np.newaxis])


def image(w, h, seed, alpha, premultiplied=False, x0=0, y0=0):
    """A cursor of shape (height, width, 4), whose alpha comes last: kms.pattern() with junk=alpha."""
    levels = (_noise(w, h, alpha, x0, y0) >> np.uint32(24)).astype(np.uint8)[..., np.newaxis]
    color = pattern(w, h, seed, x0, y0)
    if premultiplied:
        color = (color.astype(np.uint16) * levels // 255).astype(np.uint8)
    return np.concatenate([color, levels], axis=-1)


def compose(rgb, cursor, x, y):
    """The picture with a cursor in front of it, of which any part may be outside."""
    height, width = rgb.shape[:2]
    top, left = max(-y, 0), max(-x, 0)
    cursor = cursor[top:max(height - y, 0), left:max(width - x, 0)].astype(np.float64)
    result = rgb.copy()
    part = result[max(y, 0):, max(x, 0):][:cursor.shape[0], :cursor.shape[1]]
    color, alpha = cursor[..., :3], cursor[..., 3:]
    part[:] = np.minimum(color + np.rint(part * (255 - alpha) / 255), 255)
    return result


def solid(w, h, color):
    """One color, 0xRRGGBB."""
    return _rgb(np.full((h, w), color, dtype=np.uint32))


def gradient(w, h, direction="horizontal", color="gray"):
    """A ramp of "red", "green", "blue" or "gray" from 0 to 255."""
    if direction == "horizontal":
        level = np.tile(_levels(w), (h, 1))
    else:
        level = np.tile(_levels(h)[:, np.newaxis], (1, w))
    return _rgb(level * np.uint32(0x010101) & np.uint32(CHANNELS[color]))


def _levels(count):
    return np.arange(count, dtype=np.uint32) * np.uint32(255) // np.uint32(max(count - 1, 1))


def _rgb(pixels):
    """Split 0xRRGGBB into bytes."""
    return np.stack([pixels >> np.uint32(shift) & np.uint32(0xFF) for shift in (16, 8, 0)],
                    axis=-1).astype(np.uint8)


# Thresholds of 0 to 15, each once, spread over 4 x 4 pixels: Bayer's matrix.
BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], dtype=np.uint16)


def quantize565(rgb, dither=True):
    """The reference for 16 bpp: 5, 6 and 5 bits, dithered by place, or else rounded.

    A channel is scaled so that its largest value is the largest one of fewer bits and as many zeros
    (248 or 252), then a threshold of up to what is cut off is added.
    """
    height, width = rgb.shape[:2]
    cut = np.array([3, 2, 3], dtype=np.uint16)
    scaled = rgb.astype(np.uint16) - (rgb >> 8 - cut)
    tiles = np.tile(BAYER if dither else np.full((4, 4), 8), (-(-height // 4), -(-width // 4)))
    thresholds = tiles[:height, :width, np.newaxis] >> 4 - cut
    return (scaled + thresholds >> cut).astype(np.uint8)


def cut565(rgb):
    """What is left of a picture that a client draws in RGB565: upper bits, and these again below them."""
    bits = np.array([5, 6, 5])
    cut = rgb >> 8 - bits
    return (cut << 8 - bits | cut >> 2 * bits - 8).astype(np.uint8)


def expand565(levels, path="shared"):
    """What QEMU makes of 5, 6 and 5 bits.

    Where the host surface shares VRAM, pixman replicates the high bits (31 is
    shown as 255); where QEMU converts each line, it only shifts (31 is 248).
    """
    wide = levels << np.array([3, 2, 3], dtype=np.uint8)
    if path == "converted":
        return wide
    if path == "shared":
        return wide | levels >> np.array([2, 4, 2], dtype=np.uint8)
    raise ValueError(f"path is {path!r}, neither 'shared' nor 'converted'")


def scanout(rgb, bpp=32, path="shared", dither=True):
    """What a screendump shows of a picture scanned out at 32, 24 or 16 bpp."""
    if bpp in (32, 24):
        return rgb
    if bpp == 16:
        return expand565(quantize565(rgb, dither), path)
    raise ValueError(f"no scanout at {bpp} bpp")


def assert_same(shot, expected):
    """Two pictures are equal in each pixel, or the error tells how they differ."""
    shot, expected = np.asarray(shot), np.asarray(expected)
    if shot.shape != expected.shape:
        raise AssertionError(f"the shot is {_size(shot)}, expected {_size(expected)}")
    differs = (shot != expected).any(axis=-1)
    if differs.any():
        raise AssertionError(_difference(shot, expected, differs))


def _size(picture):
    height, width = picture.shape[:2]
    return f"{width}x{height}"


def _difference(shot, expected, differs):
    rows, columns = np.nonzero(differs)
    y, x = rows[0], columns[0]
    return (f"{rows.size} of {differs.size} pixels differ, "
            f"in x {columns.min()}..{columns.max()}, y {rows.min()}..{rows.max()}; "
            f"first at ({x}, {y}): #{bytes(shot[y, x]).hex()}, "
            f"expected #{bytes(expected[y, x]).hex()}")


def show(kms, seed, mode="800x600"):
    """Show noise from framebuffer number seed, and return the picture."""
    width, height = map(int, mode.split("x"))
    kms.fb(seed, width, height)
    kms.pattern(seed, seed)
    kms.set(seed, mode=mode)
    return pattern(width, height, seed)
