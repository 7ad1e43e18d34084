# SPDX-License-Identifier: MIT
"""Which places a filter means, and what is said about one that means none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.labgrid.filters import matches, no_place, parse_filter, shown_filter
from hil.rig.providers.named import is_any

KEYS = st.from_regex(r"[a-z][a-z0-9_]+", fullmatch=True)
VALUES = st.text(st.characters(exclude_characters=",=", exclude_categories=("Z", "C")), min_size=1)


@given(st.dictionaries(KEYS, VALUES))
def test_a_filter_is_read_as_it_is_written(tags: dict[str, str]) -> None:
    assert parse_filter(shown_filter(tags).removeprefix("labgrid:")) == tags


@given(st.dictionaries(KEYS, VALUES), st.dictionaries(KEYS, VALUES))
def test_a_place_with_more_tags_matches_and_one_with_less_does_not(
    tags: dict[str, str], more: dict[str, str]
) -> None:
    assert matches(tags, {**more, **tags})
    for key in tags:
        assert not matches(tags, {other: tags[other] for other in tags if other != key})


def test_spaces_around_tags_and_values_do_not_count() -> None:
    assert parse_filter(" chip = esp32s3, board=a") == {"chip": "esp32s3", "board": "a"}
    assert parse_filter("") == {}


@pytest.mark.parametrize("text", ["chip", "chip=", "=a", "a=1", "Chip=a", "chip=a,", ",", "1x=a"])
def test_what_is_no_tag_is_bad_input(text: str) -> None:
    with pytest.raises(BadInputError, match=r"cannot be read at '.*'; write tags as KEY=VALUE"):
        parse_filter(text)


def test_a_tag_that_is_named_twice_is_bad_input() -> None:
    with pytest.raises(BadInputError, match="has the tag chip twice"):
        parse_filter("chip=a,chip=b")


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        ([], "at lab:1 has no places; make one"),
        ([{"name": "p", "board": "a"}], "has a tag chip; mend the filter"),
        ([{"name": "p", "chip": "x"}, {"name": "q", "chip": "y"}], "they have chip=x, chip=y"),
        ([{"name": "p", "chip": "s3"}, {"name": "q", "board": "a"}], "none has all of them"),
    ],
)
def test_it_is_said_which_tag_it_is_that_no_place_has(
    places: list[dict[str, str]], sentence: str
) -> None:
    assert sentence in no_place({"chip": "s3", "board": "a"}, places, "lab:1")


def test_a_place_that_does_not_exist_is_told_with_those_that_do() -> None:
    told = no_place({"name": "r"}, [{"name": "q"}, {"name": "p"}], "lab:1")
    assert told == "The labgrid coordinator at lab:1 has no place 'r'; its places are p, q."


@pytest.mark.parametrize(
    ("port", "several"),
    [
        ("labgrid:", True),
        ("labgrid:chip=esp32s3", True),
        ("labgrid:name=desk", False),
        ("labgrid:chip=esp32s3, name=desk", False),
        ("farm:", True),
        ("farm:desk", False),
        ("/dev/ttyACM0", False),
    ],
)
def test_twice_the_same_filter_may_be_two_boards_and_twice_the_same_place_is_one(
    port: str, several: bool
) -> None:
    assert is_any(port) == several
