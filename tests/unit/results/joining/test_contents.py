# SPDX-License-Identifier: MIT
"""Contents of boards are told apart by what they are, and called by names of their own."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hil.results.joining.contents import all_contents

NAMES = ("a", "b", "a (2)")
DOCUMENT = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["x", "y"])),
    unique_by=lambda each: each[0],
    max_size=3,
)


def content(name: str, firmware: str) -> dict[str, Any]:
    return {"name": name, "firmware": firmware, "model": None, "cut": None, "agreement": {}}


@given(st.dictionaries(st.sampled_from(["gw0", "gw1", "gw2"]), DOCUMENT))
def test_every_content_keeps_what_it_is(told: dict[str, list[tuple[str, str]]]) -> None:
    found = all_contents({worker: [content(*each) for each in own] for worker, own in told.items()})
    for worker, own in told.items():
        names = [found.names[worker, name] for name, _ in own]
        assert len(set(names)) == len(names)  # what one has told apart stays apart
        assert [found.known[name]["firmware"] for name in names] == [each for _, each in own]
    used = set(found.names.values())
    assert used == set(found.known)
    for firmware in ("x", "y"):
        most = max((sum(each == firmware for _, each in own) for own in told.values()), default=0)
        assert sum(each["firmware"] == firmware for each in found.known.values()) == most


def test_the_same_content_has_the_name_that_it_had_first() -> None:
    found = all_contents({"gw0": [content("a", "x")], "gw1": [content("b", "x")]})
    assert list(found.known) == ["a"]
    assert found.names == {("gw0", "a"): "a", ("gw1", "b"): "a"}
