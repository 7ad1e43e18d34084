# SPDX-License-Identifier: MIT
"""Archives for the kernel, read back as the format's document says."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluez_machine.cpio import Entry, archive, with_directories

names = st.text("abcxyz.-", min_size=1, max_size=6).filter(lambda name: name.strip("."))
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


def read(data):
    """Return what an archive holds: name, mode, data."""
    entries, at = [], 0
    while True:
        assert at % 4 == 0
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        _, mode, user, group, links, _, size, *_, length, checksum = fields
        assert (user, group, links, checksum) == (0, 0, 1, 0)
        at += 110
        name = data[at : at + length]
        assert name.endswith(b"\0")
        at = (at + length + 3) // 4 * 4
        content = data[at : at + size]
        assert len(content) == size
        at = (at + size + 3) // 4 * 4
        if name == b"TRAILER!!!\0":
            assert at == len(data)
            return entries
        entries.append((name[:-1].decode(), mode, content))


@given(st.dictionaries(paths, st.binary(max_size=50) | st.none(), max_size=8))
def test_an_archive_holds_what_was_put_in(files):
    wanted = [Entry(name, data) for name, data in files.items()]
    got = read(b"".join(archive(wanted)))
    assert [(name, data) for name, _, data in got] == [(n, d or b"") for n, d in files.items()]
    for (_, mode, _), (_, data) in zip(got, wanted, strict=True):
        assert mode == (0o040755 if data is None else 0o100755)


@given(st.lists(paths, max_size=8))
def test_each_file_comes_after_the_directories_that_it_is_in(files):
    order = [entry.name for entry in with_directories(Entry(name, b"") for name in files)]
    assert len(order) == len(set(order))
    assert set(files) <= set(order)
    for place, name in enumerate(order):
        parent = name.rpartition("/")[0]
        assert not parent or parent in order[:place]


@pytest.mark.skipif(shutil.which("cpio") is None, reason="Here is no cpio to read an archive with.")
def test_cpio_lists_an_archive():
    entries = with_directories([Entry("bin/sh", b"#!"), Entry("dev", None)])
    listed = subprocess.run(["cpio", "-t"], input=b"".join(archive(entries)), capture_output=True)
    assert listed.returncode == 0
    assert listed.stdout.decode().split() == ["bin", "bin/sh", "dev"]
