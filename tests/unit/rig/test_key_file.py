# SPDX-License-Identifier: MIT
"""A key in a file."""

import os
import stat

import pytest

from hil.errors import BadInputError
from hil.rig.key_file import read_key, read_or_make_key

GOOD = "00112233445566778899aabbccddeeff"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "key"


def write(path, text, mode=0o600):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def refusal(path):
    with pytest.raises(BadInputError) as caught:
        read_key(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_key_is_made_once_and_then_read(path):
    before = os.umask(0)
    try:
        key, made = read_or_make_key(path)
    finally:
        os.umask(before)
    assert made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_make_key(path) == (key, False)
    assert read_key(path) == key
    assert repr(key) == "b'...'"


@pytest.mark.parametrize("text", [GOOD, f"{GOOD}\n", f"  {GOOD.upper()}\r\n"])
def test_white_space_and_capitals_do_not_matter(path, text):
    assert read_key(write(path, text)) == bytes.fromhex(GOOD)


@pytest.mark.parametrize(
    "text",
    ["", GOOD[:-1], f"{GOOD}0", "0" * 32, "g" * 32, f"{GOOD[:16]} {GOOD[16:]}", b"\xff" * 16],
)
def test_what_is_short_long_zero_or_not_hexadecimal_is_no_key(path, text):
    said = refusal(write(path, text))
    assert "holds no key" in said
    assert GOOD[:8] not in said


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o620, 0o604, 0o602, 0o777])
def test_a_file_that_others_can_read_or_write_is_refused(path, mode):
    assert f"(mode {mode:04o})" in refusal(write(path, GOOD, mode))


def test_a_file_that_is_not_there_is_told_with_what_makes_it(path):
    assert f"'hil serve --key-file {path}' makes it" in refusal(path)


def test_what_is_no_file_is_refused_without_waiting(path, tmp_path):
    os.mkfifo(path)
    assert "is no file" in refusal(path)
    assert refusal(tmp_path)


def test_a_place_that_cannot_be_had_is_one_sentence(tmp_path):
    with pytest.raises(BadInputError, match="cannot be made"):
        read_or_make_key(tmp_path / "no" / "key")
