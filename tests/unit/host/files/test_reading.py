# SPDX-License-Identifier: MIT
"""Files of others are read only where they are files, only so far, and only so deep."""

import json
import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.host.files import reading

HANGS_S = 10.0


@pytest.fixture
def others(tmp_path: Path) -> dict[str, Path]:
    """What stands where a file is expected, by what it is called."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    listener.close()
    (tmp_path / "link").symlink_to("pipe")
    return {
        "a pipe": tmp_path / "pipe",
        "a directory": tmp_path / "directory",
        "a device": Path("/dev/zero"),
        "a pipe, not": tmp_path / "link",
    }


@pytest.mark.parametrize("kind", ["a pipe", "a directory", "a device", "a pipe, not"])
def test_what_is_no_file_is_refused_at_once(others: dict[str, Path], kind: str) -> None:
    started = time.monotonic()
    for read in (reading.read_file, reading.check_file, reading.read_text, reading.read_json):
        with pytest.raises(OSError, match="not a file") as caught:
            read(others[kind])
        assert kind in str(caught.value.strerror)
    assert time.monotonic() - started < HANGS_S


def test_a_socket_and_a_missing_file_are_errors_too(
    others: dict[str, Path], tmp_path: Path
) -> None:
    for name in ("socket", "nowhere"):
        with pytest.raises(OSError, match=name):
            reading.read_file(tmp_path / name)


def test_a_pipe_with_something_in_it_is_refused_as_well(others: dict[str, Path]) -> None:
    both_ends = os.open(others["a pipe"], os.O_RDWR)  # does not wait for another
    os.write(both_ends, b"content")
    with pytest.raises(OSError, match="it is a pipe"):
        reading.read_file(others["a pipe"])
    os.close(both_ends)


def test_a_file_may_have_so_many_bytes_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert reading.read_file(path, 5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        reading.read_file(path, 4)
    with path.open("r+b") as file:
        file.truncate(reading.DATA_BYTES + 1)  # a hole, which takes no room
    with pytest.raises(OSError, match="more than 256 MB"):
        reading.read_file(path)


def test_text_is_utf8_with_or_without_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbfa")
    assert reading.read_text(path) == "a"
    path.write_bytes(b"ab\xff")
    with pytest.raises(ValueError, match="byte 2 is not UTF-8"):
        reading.read_text(path)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_json_may_be_so_deep_and_no_deeper(opening: str) -> None:
    closing = "]" if opening == "[" else "}"

    def nested(depth: int) -> str:
        inner = "0" if opening != "[" else ""
        return opening * depth + inner + closing * depth

    reading.parse_json(nested(reading.DEPTH - 1))
    for depth in (reading.DEPTH + 1, 900, 200_000):
        with pytest.raises(ValueError, match=r"levels deep|recursion|nested"):
            reading.parse_json(nested(depth))


def test_toml_may_be_so_deep_and_no_deeper() -> None:
    reading.parse_toml("a = " + "[" * 20 + "]" * 20)
    for text in (
        "a = " + "[" * 900 + "]" * 900,
        "a." * 200 + "a = 1",
        f"[{'a.' * 200}a]\n",
        "a = " + "{a=" * 300 + "1" + "}" * 300,
    ):
        with pytest.raises(ValueError, match="levels deep"):
            reading.parse_toml(text)


def test_an_endless_line_of_toml_costs_no_time() -> None:
    started = time.monotonic()
    with pytest.raises(ValueError, match="line 2 has more than"):
        reading.parse_toml("a = 1\n" + "b." * 200_000 + "c = 1")
    assert time.monotonic() - started < HANGS_S


def test_toml_with_the_line_ends_of_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_bytes(b"a = 1\r\n[b]\r\nc = 2\r\n")
    assert reading.read_toml(path) == {"a": 1, "b": {"c": 2}}


@given(st.binary(max_size=20))
def test_names_that_are_no_utf8_come_back_from_json(name: bytes) -> None:
    text = json.dumps({"name": os.fsdecode(name)}, ensure_ascii=False)
    assert os.fsencode(json.loads(reading.encode(text).decode("utf-8"))["name"]) == name
