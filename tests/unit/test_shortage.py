# SPDX-License-Identifier: MIT
"""What an exception says this computer is short of."""

import errno

import pytest

from hil.errors import HostError
from hil.shortage import missing_right, shortage, telling_shortages

SHORT = {
    "memory": MemoryError(),
    "memory of a system call": OSError(errno.ENOMEM, "Cannot allocate memory"),
    "addresses for a library": ImportError("lib.so: failed to map segment from shared object"),
    "space": OSError(errno.ENOSPC, "No space left on device", "/a/file"),
    "quota": OSError(errno.EDQUOT, "Disk quota exceeded"),
    "descriptors": OSError(errno.EMFILE, "Too many open files"),
    "size of a file": OSError(errno.EFBIG, "File too large"),
    "threads": RuntimeError("can't start new thread"),
}
NOT_SHORT = [
    OSError("disk"),
    FileNotFoundError(errno.ENOENT, "No such file"),
    BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
    ImportError("No module named 'nothing'"),
    RuntimeError("else"),
    AssertionError(),
]


@pytest.mark.parametrize("error", SHORT.values(), ids=SHORT)
def test_a_shortage_is_told_in_a_sentence_that_says_what_to_do(error):
    told = shortage(error)
    assert isinstance(told, HostError)
    assert "; " in str(told)
    assert "\n" not in str(told)


def test_the_file_is_named_for_which_there_is_no_space():
    assert "'/a/file'" in str(shortage(SHORT["space"]))


@pytest.mark.parametrize("error", NOT_SHORT, ids=repr)
def test_all_else_is_no_shortage(error):
    assert shortage(error) is None
    assert missing_right(error) is None
    with pytest.raises(type(error)), telling_shortages():
        raise error


def test_a_process_that_cannot_be_started_is_one():
    def _execute_child():
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    with pytest.raises(HostError, match="ulimit -u"), telling_shortages():
        _execute_child()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_right_that_is_missing_is_told_with_the_file(number):
    with pytest.raises(HostError, match="'/a/file' cannot be used"), telling_shortages():
        raise OSError(number, "No", "/a/file")
