# SPDX-License-Identifier: MIT
"""File names of serial logs."""

import re

from hypothesis import given
from hypothesis import strategies as st

from hil.pytestplugin.outcomes.logfiles import file_name


@given(st.text(min_size=1, max_size=400))
def test_a_log_name_is_safe_on_any_file_system(nodeid: str) -> None:
    name = file_name(nodeid)
    assert re.fullmatch(r"[A-Za-z0-9._-]+\.log", name)
    assert not name.startswith(".")
    assert len(name) <= 140


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_tests_have_two_logs(one: str, other: str) -> None:
    assert (file_name(one) == file_name(other)) == (one == other)


def test_a_log_name_can_be_read() -> None:
    name = file_name("hil/suite/test_boot.py::test_it[a/b]")
    assert name.startswith("hil_suite_test_boot.py_test_it_a_b")
