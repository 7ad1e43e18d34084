# SPDX-License-Identifier: MIT
"""Entries as JSON: read as they were written, and refused where they are not so."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.health.entry import (
    Compared,
    Difference,
    Entry,
    Healed,
    Quarantined,
    Session,
    Sighting,
    Signs,
    read_entry,
    written,
)

TEXT = st.text(max_size=30)
COUNT = st.integers(0, 1 << 40)
SIGHTINGS = st.builds(Sighting, TEXT, TEXT, TEXT, st.none() | TEXT, st.booleans())
SIGNS = st.builds(Signs, COUNT, COUNT, COUNT, COUNT, TEXT, COUNT, COUNT)
DIFFERENCES = st.lists(st.builds(Difference, TEXT, TEXT, COUNT, COUNT), max_size=3).map(tuple)
ANY = st.one_of(
    st.builds(Session, TEXT, SIGHTINGS, SIGNS),
    st.builds(Compared, TEXT, DIFFERENCES),
    st.builds(Quarantined, TEXT, TEXT, TEXT),
    st.builds(Healed, TEXT, TEXT),
)
HEALED = {"schema": "hil-health-1", "kind": "healed", "at": "now", "by": "ada"}


@given(ANY)
def test_an_entry_is_read_as_it_was_written(entry: Entry) -> None:
    assert read_entry(written(entry)) == entry


@given(st.binary(max_size=200))
def test_what_is_no_entry_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"its schema is|no JSON|UTF-8|nested"):
        read_entry(data)


@given(ANY, st.data())
def test_damage_is_a_value_error_or_another_entry(entry: Entry, data: st.DataObject) -> None:
    text = bytearray(written(entry))
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_entry(bytes(text))
    except ValueError:
        return


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema": "hil-health-2"}, "its schema is 'hil-health-2', not hil-health-1"),
        ({"schema": None}, "its schema is None"),
        ({"kind": "cured"}, "of no kind that is known"),
        ({"by": 5}, "'by' is 5"),
        ({"kind": "quarantined"}, "'why' is missing"),
        ({"kind": "compared", "differences": {}}, "'via' is missing"),
        ({"kind": "session", "board": []}, "'name' is missing"),
    ],
)
def test_what_is_amiss_is_said(change: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_entry(json.dumps({**HEALED, **change}).encode())


@pytest.mark.parametrize("count", [-1, True, 1.5, "3"])
def test_a_count_is_a_number_from_0_on(count: object) -> None:
    board = Sighting("", "ttyUSB0", "/dev/ttyUSB0", None, False)
    tree = json.loads(written(Session("now", board, Signs())))
    tree["signs"]["lost"] = count
    with pytest.raises(ValueError, match="'lost' is"):
        read_entry(json.dumps(tree).encode())
