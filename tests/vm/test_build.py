# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be said without a machine: strict builds, and whether documents agree."""

import io
import pathlib
import re
import shutil
import subprocess
import tarfile

import pytest

import modes_doc
from adapters import VGA

TOP = pathlib.Path(__file__).resolve().parents[2]


def test_no_warnings():
    """gcc and clang with W=1, and sparse, on both kernels; and gcc on the first that is supported."""
    result = subprocess.run([TOP / "tools" / "build", "--check"], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_debian_package():
    """It builds, and has all sources of the module, and what a user reads first."""
    done = subprocess.run([TOP / "tools" / "deb"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    package = done.stdout.strip()
    contents = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, stdout=subprocess.PIPE).stdout
    names = set(tarfile.open(fileobj=io.BytesIO(contents)).getnames())
    version = re.search(r'^PACKAGE_VERSION="(.*)"', (TOP / "dkms.conf").read_text(), re.M)[1]
    sources = [source.relative_to(TOP) for source in TOP.glob("*/*.[ch]")]
    assert len(sources) > 20
    assert {f"./usr/src/vgakms-{version}/{name}" for name in ["Kbuild", "dkms.conf", *sources]} <= names
    assert {f"./usr/share/doc/vgakms-dkms/{name}" for name in ("README.md", "NEWS.gz")} <= names


def test_no_version_checks():
    """What differs between kernels is asked of their headers, and made up for in compat.h."""
    folders = {source.parent for source in TOP.glob("*/*.c")}
    assert len(folders) >= 4
    for source in (source for folder in folders for source in folder.glob("*.c")):
        assert not re.search(r"LINUX_VERSION_CODE|KERNEL_VERSION|HAVE_", source.read_text()), source


def test_documented_largest_modes():
    """Each is the first that fits, in its depth, of the sizes that the driver knows; the last one is in its log."""
    device = (TOP / "shadow" / "device.c").read_text()
    known = [(int(w), int(h)) for w, h in re.findall(r"\{ (\d+), (\d+) \}", device)]
    assert known == sorted(known, key=lambda size: -size[0] * size[1])
    rows = modes_doc.table("VRAM")
    assert len(rows) >= 5
    for vram, *cells in rows:
        mib, = modes_doc.mib(vram)
        for cell, bpp in zip(cells, (32, 24, 16), strict=True):
            adapter = VGA.with_vram(mib)._replace(depths=(bpp,))
            assert modes_doc.sizes(cell) == [size for size in known if adapter.depth(*size)][:1], (vram, cell)


def test_documents_agree():
    check_documents(TOP)


def check_documents(top):
    subprocess.run([top / "tools" / "check-docs"], check=True, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("name, old, new, complaint", [
    ("docs/tour.md", "`shadow_probe()`", "`shadow_" "prove()`", "no shadow_" "prove in"),
    ("docs/tour.md", "`shadow/layout.c`", "`shadow/layouts.c`", "no file shadow/layouts.c"),
    ("docs/tour.md", "(glossary.md)", "(glossaries.md)", "a link to glossaries.md"),
    ("debian/vgakms-dkms.docs", " docs", "", "which README.md links to"),
    ("docs/tour.md", "*scanout*", "*scanning*", "no scanning, which is in docs/tour.md"),
    ("docs/glossary.md", "| blank |", "| flimmer |", "flimmer is used nowhere else"),
    ("docs/commit.txt", "maps the client's pages", "maps all of the client's pages", "run make lanes"),
    ("docs/tour.md", "    write  YRES         0x300 (768)\n", "", "should be 8"),
    ("docs/testing.md", "50,000", "34,000", "should be 50,000"),
    ("docs/modes.md", "640x480, 800x600, 848x480 |", "640x480, 800x600 |", "should be 16"),
    ("dkms.conf", 'newest_tested="', 'newest_tested="1', "but dkms.conf has 1"),
    ("shadow/span.c", "#include \"frame.h\"", "int excess;\n" * 100, "are its budget"),
])
def test_documents_that_do_not_agree(tmp_path, name, old, new, complaint):
    """What is wrong with one of them is found."""
    copy = tmp_path / "copy"
    shutil.copytree(TOP, copy, ignore=lambda folder, names: {"build", ".git"} if folder == str(TOP) else ())
    text = (copy / name).read_text()
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1))
    with pytest.raises(subprocess.CalledProcessError) as error:
        check_documents(copy)
    assert complaint in error.value.stderr
