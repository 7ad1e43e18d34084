# SPDX-License-Identifier: MIT
"""The line of whatever a TOML file says, by the keys that lead there."""

import tomllib

import pytest
import tomlkit
from hypothesis import assume, given
from hypothesis import strategies as st

from hil.host.files.toml_lines import line_of

TEXT = '''# a comment = 1
top = "[wifi]"

[wifi]  # not "[edge]"
ssid = 'a # b'
long = """
port = 1
\\""" "quoted" """
[[boards]]
name = "one"
"quo.ted" . part = 1

[[boards]]
name = "two"
roles = [
  "dut",  # ] }
  ["peer",
     { inner = 1, other = 2 }],
]
[boards.of]
mac = 1979-05-27 07:32:00
[a.b]
udp = { p50 = 1, p95.x = [1, 2] }
[a]
late = true
[a."b".c]
'''

PLACES = [
    (("top",), 2),
    (("wifi",), 4),
    (("wifi", "ssid"), 5),
    (("wifi", "long"), 6),
    (("boards", 0), 9),
    (("boards", 0, "name"), 10),
    (("boards", 0, "quo.ted"), 11),
    (("boards", 0, "quo.ted", "part"), 11),
    (("boards", 1), 13),
    (("boards", 1, "name"), 14),
    (("boards", 1, "roles"), 15),
    (("boards", 1, "roles", 0), 16),
    (("boards", 1, "roles", 1, 0), 17),
    (("boards", 1, "roles", 1, 1, "inner"), 18),
    (("boards", 1, "roles", 1, 1, "other"), 18),
    (("boards", 1, "of"), 20),
    (("boards", 1, "of", "mac"), 21),
    (("a", "b", "udp"), 23),
    (("a", "b", "udp", "p95", "x", 1), 23),
    (("a", "late"), 25),
    (("a", "b", "c"), 26),
]


@pytest.mark.parametrize(("path", "line"), PLACES)
def test_keys_tables_and_elements_have_the_line_on_which_they_begin(path, line):
    assert tomllib.loads(TEXT)["a"]["late"]
    assert line_of(TEXT, path) == line


def test_what_is_not_there_has_the_line_of_what_encloses_it():
    assert line_of(TEXT, ("boards", 1, "mac", "x")) == 13
    assert line_of(TEXT, ("nothing",)) is None
    assert line_of(TEXT, ()) is None


_LEAVES = st.one_of(
    st.integers(0, 9), st.booleans(), st.text(alphabet="a#[]{}=\"'\\\n", max_size=6)
)
_TREES = st.dictionaries(
    st.text(alphabet="ab.-\"' #=[]", min_size=1, max_size=4),
    st.recursive(
        _LEAVES,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.text(alphabet="xy. #", min_size=1, max_size=3), inner, max_size=3),
        ),
        max_leaves=8,
    ),
    max_size=4,
)


@given(_TREES)
def test_each_key_of_any_document_is_found_where_its_last_part_stands(tree):
    text = tomlkit.dumps(tree)
    assume(tomllib.loads(text) == tree)  # the library that has written it has defects
    lines = text.split("\n")

    def check(value, path):
        if path:
            line = line_of(text, path)
            assert line is not None
            named = [part for part in path if isinstance(part, str)][-1]
            raw = tomlkit.key(named).as_string()
            assert any(raw in each for each in lines[:line])
            if isinstance(path[-1], str):
                assert raw in lines[line - 1] or repr(named) in lines[line - 1]
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in inner:
            if isinstance(each, dict | list):
                check(each, (*path, key))
            else:
                assert line_of(text, (*path, key)) is not None

    check(tree, ())
