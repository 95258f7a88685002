# SPDX-License-Identifier: GPL-2.0-or-later
"""A cursor is in front of the picture, exactly as its alpha says, whatever happens to the picture meanwhile."""

import itertools
import random

import pytest

from adapters import BOCHS_DISPLAY, CIRRUS, SECONDARY, VGA
from drivers import RELEASE_CONSOLE, binding
from kms import timings
from picture import assert_same, compose, cut565, image, pattern, show, solid
from test_flush import BLOCK, check_nothing, check_quiet, counters
from vm import ClientError
from writes import Writes

pytestmark = pytest.mark.pair

WIDTH, HEIGHT = 800, 600
# Framebuffers with a lower number are for pictures.
CURSOR = 40


@pytest.fixture(params=[VGA, BOCHS_DISPLAY, CIRRUS], ids=str)
def adapter(request):
    return request.param


@pytest.fixture
def kms(client, vm):
    return client(vm)


def draw(kms, width=64, height=64, seed=CURSOR, fb=CURSOR, premultiplied=True):
    """A framebuffer with a cursor in it, and the cursor as an array."""
    kms.fb(fb, width, height, format="AR24")
    kms.pattern(fb, seed, junk=seed + 1, premultiplied=1 if premultiplied else None)
    return image(width, height, seed, seed + 1, premultiplied)


def check(vm, adapter, picture, cursor=None, x=0, y=0):
    """The whole screen is that picture, with the cursor in front if there is one."""
    assert_same(vm.screendump(), adapter.shows(picture if cursor is None else compose(picture, cursor, x, y)))


def places(width, height, count):
    """At the edges, partly outside and wholly, and anywhere."""
    dice = random.Random(f"{width}x{height}")
    columns = (-width, 1 - width, -1, 0, WIDTH - width, WIDTH - 1, WIDTH, 100000)
    rows = (-height, 1 - height, -1, 0, HEIGHT - height, HEIGHT - 1, HEIGHT, -100000)
    for _ in range(count):
        yield (dice.choice((*columns, *[dice.randrange(-width, WIDTH)] * 9)),
               dice.choice((*rows, *[dice.randrange(-height, HEIGHT)] * 9)))


@pytest.mark.parametrize("size", [(64, 64), (256, 256), (5, 31), (255, 1)], ids=str)
def test_anywhere(vm, kms, adapter, size):
    """As it should be, and with colors that were not multiplied by alpha."""
    picture = show(kms, 1)
    cursors = {CURSOR + honest: draw(kms, *size, seed=CURSOR + honest, fb=CURSOR + honest, premultiplied=honest)
               for honest in (True, False)}
    for fb, (x, y) in zip(itertools.cycle(cursors), places(*size, 10)):
        kms.cursor(fb, x, y)
        check(vm, adapter, picture, cursors[fb], x, y)
    kms.nocursor()
    check(vm, adapter, picture)


def test_hidden_far_away(vm, kms, adapter):
    """DRM takes any place for a plane that is not shown. The rectangle's end overflows: it is before the start."""
    far = 2**31 - 1
    picture, cursor = show(kms, 1), draw(kms)
    draw(kms, 1024, 768, fb=CURSOR + 1)
    kms.cursor(CURSOR + 1, -far - 1, -far - 1)
    check(vm, adapter, picture)
    kms.cursor(CURSOR, 10, 10)
    kms.nocursor()
    for x, y in ((10, far), (far, 10), (far, far), (-far - 1, -far - 1), (10, 10)):
        kms.flip(1, cursor=(x, y))
        check(vm, adapter, picture)
    kms.cursor(CURSOR, 20, 30)
    check(vm, adapter, picture, cursor, 20, 30)


DEPTHS = [(VGA.with_vram(1), 640, 480), (VGA.with_vram(1), 800, 600), (VGA.with_vram(16), 3840, 2160), (VGA, 1366, 768),
          (BOCHS_DISPLAY.with_vram(4), 1921, 1080), (CIRRUS, 1016, 768), (CIRRUS, 1280, 1024), (CIRRUS, 1440, 900),
          # in two pieces: on line 1024 the cursor goes on at address 0
          (CIRRUS, 640, 1200), (CIRRUS, 1280, 1060), (CIRRUS, 1920, 1080)]


@pytest.mark.thorough  # a cursor is blended in before the conversion, and does not know of the depth
@pytest.mark.kernels("newest")
@pytest.mark.parametrize("small, width, height", DEPTHS,
                         ids=[f"{a.device}-{w}x{h}-{a.depth(w, h)}bpp" for a, w, h in DEPTHS])
def test_depths(boot, client, small, width, height):
    vm = boot(devices=[small.device])
    kms = client(vm)
    kms.fb(1, width, height)
    kms.pattern(1, 1, timeout=60)
    kms.set(1, mode=timings(width, height))
    cursor = draw(kms)
    for x, y in ((0, 0), (width - 30, height - 30), (-5, -7), (333, min(1000, height - 50))):
        kms.cursor(CURSOR, x, y)
        check(vm, small, pattern(width, height, 1), cursor, x, y)
    kms.nocursor()
    check(vm, small, pattern(width, height, 1))


@pytest.mark.parametrize("code", ["XR24", "AR24", "RG24", "RG16", "BX24"])
def test_in_front_of_any_format(vm, kms, adapter, code):
    """The picture behind it is panned, damaged, and flipped."""
    def drawn(width, height, *seed):
        picture = pattern(width, height, *seed)
        return cut565(picture) if code == "RG16" else picture

    cursor = draw(kms)
    kms.fb(1, 1001, 801, format=code)
    kms.pattern(1, 1, junk=2)
    kms.set(1, mode="800x600", src=(101, 77))
    kms.cursor(CURSOR, 133, 55)
    expected = drawn(800, 600, 1, 101, 77).copy()
    check(vm, adapter, expected, cursor, 133, 55)

    # damage is behind a part of it, and beside it
    kms.pattern(1, 3, junk=4, rect=(250, 149, 37, 41))
    kms.dirty(1, clips=[(250, 149, 287, 190)])
    expected[72:113, 149:186] = drawn(37, 41, 3, 250, 149)
    check(vm, adapter, expected, cursor, 133, 55)

    kms.fb(2, 800, 600, format=code)
    kms.pattern(2, 2)
    kms.flip(2)
    check(vm, adapter, drawn(800, 600, 2), cursor, 133, 55)
    # in one commit
    kms.flip(1, src=(101, 77), cursor=(-20, 570))
    check(vm, adapter, expected, cursor, -20, 570)


def test_part_of_a_framebuffer(vm, kms, adapter):
    picture = show(kms, 1)
    cursor = draw(kms, 300, 280)
    kms.cursor(CURSOR, 700, 500, src=(7, 9), size=(256, 250))
    check(vm, adapter, picture, cursor[9:259, 7:263], 700, 500)
    kms.cursor(CURSOR, 20, 30, src=(299, 279), size=(1, 1))
    check(vm, adapter, picture, cursor[279:, 299:], 20, 30)


def test_drawn_anew(vm, kms, adapter):
    """What a client draws into its cursor is shown by the next commit that names it, wherever that is."""
    picture = show(kms, 1)
    draw(kms)
    kms.cursor(CURSOR, 90, 80)
    kms.pattern(CURSOR, 7, junk=8)
    kms.cursor(CURSOR, 90, 80)
    check(vm, adapter, picture, image(64, 64, 7, 8), 90, 80)
    kms.pattern(CURSOR, 11, junk=12)
    kms.movecursor(100, 80)
    check(vm, adapter, picture, image(64, 64, 11, 12), 100, 80)
    kms.pattern(CURSOR, 9, junk=10)
    kms.dirty(CURSOR)
    check(vm, adapter, picture, image(64, 64, 9, 10), 100, 80)
    kms.pattern(CURSOR, 13, junk=14)
    kms.flip(1, clips=[(0, 0, 8, 8)])
    check(vm, adapter, picture, image(64, 64, 13, 14), 100, 80)


def test_before_atomic_commits(vm, kms, adapter):
    picture = show(kms, 1)
    first, second = draw(kms), draw(kms, 32, 48, seed=7, fb=CURSOR + 1, premultiplied=False)
    kms.movecursor(33, 44)
    kms.setcursor(CURSOR)
    check(vm, adapter, picture, first, 33, 44)
    for x, y in places(64, 64, 6):
        kms.movecursor(x, y)
        check(vm, adapter, picture, first, x, y)
    kms.movecursor(100, 100)
    kms.setcursor(CURSOR + 1)
    check(vm, adapter, picture, second, 100, 100)
    kms.hidecursor()
    check(vm, adapter, picture)
    kms.movecursor(200, 200)
    check(vm, adapter, picture)
    kms.setcursor(CURSOR)
    check(vm, adapter, picture, first, 200, 200)
    # what was set by one kind of client is moved by the other
    kms.cursor(CURSOR + 1, 10, 10)
    kms.movecursor(15, 15)
    check(vm, adapter, picture, second, 15, 15)
    kms.nocursor()
    check(vm, adapter, picture)


def test_foreign_memory(vm, kms, adapter):
    """Both the picture and the cursor are in memory that another part of the kernel exports."""
    kms.udmabuf(1, WIDTH, HEIGHT)
    kms.pattern(1, 1)
    kms.set(1, mode="800x600")
    kms.udmabuf(CURSOR, 64, 64)
    kms.pattern(CURSOR, 5, junk=6, premultiplied=1)
    kms.setcursor(CURSOR)
    for x, y in ((0, 0), (400, 300)):
        kms.movecursor(x, y)
        check(vm, adapter, pattern(WIDTH, HEIGHT, 1), image(64, 64, 5, 6, True), x, y)


def test_mode_sets(vm, kms, adapter):
    """It stays where it is, and is seen where the new screen is large enough."""
    show(kms, 1)
    kms.noise(640, 480, 2)
    kms.noise(1024, 768, 3)
    cursor = draw(kms)
    kms.cursor(CURSOR, 620, 460)
    for fb, size in ((2, (640, 480)), (3, (1024, 768)), (1, (800, 600)), (2, (640, 480))):
        kms.set(fb, mode=f"{size[0]}x{size[1]}")
        check(vm, adapter, pattern(*size, fb), cursor, 620, 460)
    # out of sight in one mode, and on the screen in the next
    kms.movecursor(700, 500)
    check(vm, adapter, pattern(640, 480, 2))
    kms.setcrtc(3, mode="1024x768")
    check(vm, adapter, pattern(1024, 768, 3), cursor, 700, 500)


SWITCHES = {"active": lambda kms, on: kms.active(on), "dpms": lambda kms, on: kms.dpms(on),
            "crtc": lambda kms, on: kms.crtc(on, mode="800x600" if on else None)}


@pytest.mark.parametrize("switch", SWITCHES.values(), ids=SWITCHES.keys())
def test_while_the_screen_is_off(vm, kms, adapter, switch):
    """It comes, moves, changes and goes; nothing is seen of it until the screen is on."""
    picture = show(kms, 1)
    first, second = draw(kms), draw(kms, 32, 48, seed=7, fb=CURSOR + 1)

    def off_and_on(*changes):
        switch(kms, False)
        for change in changes:
            change()
            assert not vm.screendump().any()
        switch(kms, True)

    kms.cursor(CURSOR, 50, 60)
    off_and_on()
    check(vm, adapter, picture, first, 50, 60)
    off_and_on(lambda: kms.movecursor(70, 80), lambda: kms.movecursor(90, 100))
    check(vm, adapter, picture, first, 90, 100)
    off_and_on(lambda: kms.cursor(CURSOR + 1, 30, 20))
    check(vm, adapter, picture, second, 30, 20)
    off_and_on(kms.nocursor)
    check(vm, adapter, picture)
    off_and_on(lambda: kms.setcursor(CURSOR), kms.hidecursor)
    check(vm, adapter, picture)
    off_and_on(lambda: kms.movecursor(300, 200), lambda: kms.setcursor(CURSOR))
    check(vm, adapter, picture, first, 300, 200)
    off_and_on(lambda: kms.movecursor(310, 200), kms.hidecursor)
    check(vm, adapter, picture)


@pytest.mark.parametrize("options", [
    dict(size=(301, 1)), dict(src=(45, 0), size=(256, 10)), dict(size=(64, 64), scaled=(65, 64)),
    dict(size=(64, 64), scaled=(64, 63)), dict(size=(64, 64), scaled=(128, 128)),
], ids=str)
def test_refused(vm, kms, adapter, options):
    """More than there is, or scaled: the old cursor stays."""
    picture = show(kms, 1)
    cursor = draw(kms)
    kms.cursor(CURSOR, 10, 20)
    draw(kms, 300, 300, fb=CURSOR + 1)
    with pytest.raises(ClientError, match="EINVAL|ERANGE|ENOSPC"):
        kms.cursor(CURSOR + 1, 30, 40, **options)
    check(vm, adapter, picture, cursor, 10, 20)


def test_refused_format(vm, kms, adapter):
    picture = show(kms, 1)
    kms.fb(2, 64, 64)
    with pytest.raises(ClientError, match="EINVAL"):
        kms.cursor(2, 10, 10)
    check(vm, adapter, picture)


@pytest.mark.parametrize("scaled", [(0, 0), (0, 64), (256, 0)], ids=str)
def test_no_size(vm, kms, adapter, scaled):
    """DRM lets pass what has no width or no height on the screen, however much of a framebuffer it names."""
    picture = show(kms, 1)
    large = draw(kms, 2048, 2048)
    try:
        kms.cursor(CURSOR, 10, 10, size=(scaled[0] or 2048, scaled[1] or 2048), scaled=scaled)
        check(vm, adapter, picture)
        # the legacy call shows it in its own size
        kms.movecursor(20, 20)
        check(vm, adapter, picture, large, 20, 20)
    except ClientError as error:
        assert "EINVAL" in str(error) or "ERANGE" in str(error)
        check(vm, adapter, picture)
    cursor = draw(kms, fb=CURSOR + 1)
    kms.cursor(CURSOR + 1, 20, 20)
    check(vm, adapter, picture, cursor, 20, 20)


def test_moves_beside_flips(boot, client, adapter):
    """A flip is on its way, and the cursor moves without waiting for it. Both are right in the end."""
    vm = boot(devices=[adapter.device], cpus=2)
    kms = client(vm)
    kms.noise(WIDTH, HEIGHT, 1, 2)
    cursor = draw(kms)
    kms.set(1, mode=timings(WIDTH, HEIGHT, 24))
    kms.setcursor(CURSOR)
    assert kms.chase(40, 321, 123, 2, 1) > 0
    check(vm, adapter, pattern(WIDTH, HEIGHT, 1), cursor, 321, 123)
    kms.movecursor(15, 590)
    check(vm, adapter, pattern(WIDTH, HEIGHT, 1), cursor, 15, 590)
    kms.hidecursor()
    check(vm, adapter, pattern(WIDTH, HEIGHT, 1))


def test_what_comes_next_waits_for_the_flip(kms):
    """A cursor that moved meanwhile is no reason to show two pictures in one frame."""
    kms.noise(WIDTH, HEIGHT, 1, 2)
    draw(kms)
    kms.set(1, mode=timings(WIDTH, HEIGHT, 24))
    kms.setcursor(CURSOR)
    for fb in (2, 1, 2, 1):
        assert kms.queue(fb) >= 1


def test_a_cursor_hides_no_picture(vm, kms, adapter):
    """A commit has a new picture in the framebuffer that is shown, no clips, and a new place for the cursor."""
    show(kms, 1)
    cursor = draw(kms)
    kms.cursor(CURSOR, 100, 100)
    kms.nocursor()
    kms.pattern(1, 5)
    kms.flip(1, cursor=(200, 150))
    check(vm, adapter, pattern(WIDTH, HEIGHT, 5))
    # one that is shown
    kms.cursor(CURSOR, 100, 100)
    kms.pattern(1, 7)
    kms.flip(1, cursor=(200, 150))
    check(vm, adapter, pattern(WIDTH, HEIGHT, 7), cursor, 200, 150)
    # and one that is shown where the screen is not
    kms.cursor(CURSOR, WIDTH, 10)
    kms.pattern(1, 6)
    kms.flip(1, cursor=(WIDTH + 10, 10))
    check(vm, adapter, pattern(WIDTH, HEIGHT, 6))


def test_a_move_flushes_no_more(vm, kms, adapter):
    """Where it was, where it is, and what a client's clips say"""
    picture, cursor = show(kms, 1).copy(), draw(kms)
    kms.cursor(CURSOR, 100, 100)
    for move in (lambda: kms.movecursor(303, 151), lambda: kms.cursor(CURSOR, 200, 150),
                 lambda: kms.movecursor(200, 150), lambda: kms.cursor(CURSOR, 200, 150), lambda: kms.dirty(CURSOR)):
        before = int(counters(vm)["compared"])
        move()
        assert 0 < int(counters(vm)["compared"]) - before <= 2 * (64 + BLOCK) * 64 * 4
    check(vm, adapter, picture, cursor, 200, 150)

    kms.pattern(1, 5, rect=(304, 300, 40, 40))
    picture[300:340, 304:344] = pattern(40, 40, 5, 304, 300)
    kms.flip(1, clips=[(304, 300, 344, 340)], cursor=(210, 150))
    check(vm, adapter, picture, cursor, 210, 150)


@pytest.mark.parametrize("switches", [
    ("crtc off how=nonblock", "movecursor 10 20", "crtc on mode=800x600"),
    ("crtc off", "movecursor 10 20", "crtc on mode=800x600 how=nonblock"),
    ("set 2 mode=640x480", "movecursor 10 20", "set 1 mode=800x600 how=nonblock"),
], ids=("off", "on", "mode"))
def test_moves_beside_mode_sets(boot, client, adapter, switches):
    """It moves while a mode set is on its way."""
    vm = boot(devices=[adapter.device], cpus=2)
    kms = client(vm)
    kms.noise(640, 480, 2)
    picture, cursor = show(kms, 1), draw(kms)
    kms.setcursor(CURSOR)
    kms.loop(30, *switches, "movecursor 300 50", "movecursor 500 400", "dirty 1")
    check(vm, adapter, picture, cursor, 500, 400)


def test_on_a_video(vm, kms, adapter):
    """On lines that are held, and on those that were: it leaves nothing behind."""
    kms.noise(WIDTH, HEIGHT, 1, 2)
    cursor = draw(kms)
    kms.set(1, mode="800x600")
    kms.cursor(CURSOR, 100, 100)
    for x, y in ((200, 150), (-10, 580), (799, 0)):
        kms.loop(20, "flip 2", "flip 1")
        kms.movecursor(x, y)
        check(vm, adapter, pattern(WIDTH, HEIGHT, 1), cursor, x, y)
        kms.loop(20, "flip 2", "flip 1")
        check(vm, adapter, pattern(WIDTH, HEIGHT, 1), cursor, x, y)
    kms.nocursor()
    check(vm, adapter, pattern(WIDTH, HEIGHT, 1))


def blocks(before, after):
    """How many blocks of pixels differ."""
    return (before != after).any(axis=-1).reshape(HEIGHT, WIDTH // BLOCK, BLOCK).any(axis=-1).sum()


def test_what_is_written(boot, client, adapter):
    """Those blocks of the two rectangles that change; no register; and nothing without a cursor."""
    vm = boot(devices=[adapter.device], **Writes.OPTIONS)
    kms = client(vm)
    cpp = adapter.depth(WIDTH, HEIGHT) // 8
    picture = solid(WIDTH, HEIGHT, 0x336699)
    kms.fb(1, WIDTH, HEIGHT)
    kms.solid(1, 0x336699)
    kms.set(1, mode="800x600")
    # half of it is transparent
    cursor = draw(kms)
    kms.solid(CURSOR, 0, rect=(0, 32, 64, 32))
    cursor[32:] = 0
    writes = Writes(vm, adapter.device)

    with writes.count() as counted:
        kms.movecursor(5, 5)
        kms.dirty(1)
    check_nothing(counted)
    before = picture
    kms.movecursor(100, 100)
    # where both rectangles have a part of a block, it may be written for each
    for move, twice in ((lambda: kms.setcursor(CURSOR), 0), (lambda: kms.movecursor(400, 300), 0),
                        (lambda: kms.movecursor(397, 301), 2 * 32), (lambda: kms.movecursor(790, -20), 0)):
        with writes.count() as counted:
            move()
        check_quiet(counted)
        after = vm.screendump()
        assert 0 <= counted.bytes - blocks(before, after) * BLOCK * cpp <= twice * BLOCK * cpp
        before = after
    check(vm, adapter, picture, cursor, 790, -20)
    for nothing in (lambda: kms.movecursor(790, -20), lambda: kms.dirty(1), lambda: kms.flip(1)):
        with writes.count() as counted:
            nothing()
        check_nothing(counted)
    kms.hidecursor()
    with writes.count() as counted:
        kms.movecursor(100, 100)
    check_nothing(counted)


def test_gone_with_the_client(boot, client, adapter):
    """The console comes back without it, whichever way it was set."""
    vm = boot(devices=[adapter.device], fresh=True)
    vm.sh("echo 0 >/sys/class/graphics/fbcon/cursor_blink; printf '\\033[2J\\033[?25l' >/dev/tty1")
    console = vm.wait_screen(lambda shot: not shot.any(), "an empty console")
    for setting in ("cursor", "setcursor"):
        kms = client(vm)
        show(kms, 1)
        draw(kms, premultiplied=False)
        getattr(kms, setting)(CURSOR, *((0, 0) if setting == "cursor" else ()))
        kms.channel.close()
        assert_same(vm.screendump(), console)


@pytest.mark.parametrize("adapter", [SECONDARY, CIRRUS], ids=str)
def test_rebind_while_it_moves(boot, client, adapter):
    vm = boot(devices=[adapter.device], fresh=True)
    driver, device = binding(vm)
    for cycle in range(5):
        kms = client(vm)
        kms.noise(WIDTH, HEIGHT, 1, 2)
        kms.set(1, mode="800x600")
        draw(kms)
        kms.setcursor(CURSOR)
        kms.post("chase 10000 0 0 1 2")
        vm.sh(f"{RELEASE_CONSOLE}; echo {device} >{driver}/unbind")
        with pytest.raises(ClientError, match="ENODEV"):
            kms.wait()
        vm.sh(f"echo {device} >{driver}/bind")
        kms.channel.close()
    kms = client(vm)
    picture, cursor = show(kms, 1), draw(kms)
    kms.setcursor(CURSOR)
    check(vm, adapter, picture, cursor)


def test_suspend_and_resume(boot, client, adapter):
    vm = boot(devices=[adapter.device], extra=("-global", "PIIX4_PM.disable_s3=0"))
    kms = client(vm)
    picture, cursor = show(kms, 1), draw(kms)
    kms.cursor(CURSOR, 77, 88)
    for on in (True, False):
        kms.active(on)
        vm.suspend()
        vm.wake()
        kms.active(True)
        check(vm, adapter, picture, cursor, 77, 88)
    kms.movecursor(99, 88)
    check(vm, adapter, picture, cursor, 99, 88)


def test_properties(kms):
    """The only way of blending that there is, and no hotspot: the pointer is drawn here and not by the host."""
    props = kms.props()
    assert "pixel blend mode" in props.cursor
    assert not {"HOTSPOT_X", "HOTSPOT_Y", "FB_DAMAGE_CLIPS"} & set(props.cursor)
