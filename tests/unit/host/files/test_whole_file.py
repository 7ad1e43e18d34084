# SPDX-License-Identifier: MIT
"""Files are written whole or not at all."""

import errno
import json
from pathlib import Path

import pytest

from hil.host.files.reading import encode
from hil.host.files.whole_file import write_whole


def test_a_file_takes_the_place_of_another_in_directories_made_for_it(tmp_path):
    path = tmp_path / "a" / "b"
    for content in (b"one\n", b"\x00two"):
        write_whole(content, path)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_disk_that_is_full_leaves_what_was_there_and_names_the_file(tmp_path, monkeypatch):
    path = tmp_path / "b"
    write_whole(b"before", path)
    as_ever = Path.write_bytes

    def fill(partial, data):
        as_ever(partial, data[:2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(OSError, match="No space left") as caught:
        write_whole(b"after", path)
    assert caught.value.filename == str(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_is_not_utf_8_comes_back_from_json(tmp_path):
    path = tmp_path / "b"
    write_whole(encode(json.dumps("test_\udcfc.py", ensure_ascii=False)), path)
    assert json.loads(path.read_text("utf-8")) == "test_\udcfc.py"
