# SPDX-License-Identifier: MIT
"""A photo of several boards counts once, by its worst answer."""

from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hil.results.joining.photos import merged, once

PREDICTORS = ("board", "full", "xnnpack")
CLASSES = st.permutations(range(4)).map(lambda found: tuple(found[:3]))
JUDGEMENTS = st.dictionaries(
    st.sampled_from(["full", "kernel"]),
    st.tuples(st.booleans(), st.booleans()).map(
        lambda pair: {"exact": pair[0] and pair[1], "passed": pair[1], "sentence": "so"}
    ),
)


def photo(board: str = "one", name: str = "p.jpg", **more: Any) -> dict[str, Any]:
    parts = {"judgements": {}, "top5": {}, "shared": {}, "scores": {}, "distance": {}}
    about = {"name": name, "label": None, "label_id": None, "combination": "", "board": board}
    return {**about, **parts, **more}


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    boards = draw(st.lists(st.sampled_from(["one", "two", "three"]), unique=True, min_size=1))
    return [
        photo(
            board,
            draw(st.sampled_from(["p.jpg", "q.jpg"])),
            top5=draw(st.dictionaries(st.sampled_from(PREDICTORS), CLASSES)),
            judgements=draw(JUDGEMENTS),
        )
        for board in boards
    ]


@given(rows())
def test_each_photo_is_there_once_whichever_board_is_told_of_first(
    photos: list[dict[str, Any]],
) -> None:
    found = {each["name"]: each for each in once(photos)}
    assert len(found) == len(once(photos)) == len({each["name"] for each in photos})
    for order in permutations(photos):
        assert {each["name"]: each for each in once(order)} == found


@given(rows())
def test_a_judgement_is_passed_if_it_is_on_all_boards(photos: list[dict[str, Any]]) -> None:
    for each in once(photos):
        same = [row["judgements"] for row in photos if row["name"] == each["name"]]
        for judgement, verdict in each["judgements"].items():
            told = [row[judgement] for row in same if judgement in row]
            for key in ("passed", "exact"):
                assert verdict[key] == all(row[key] for row in told)
        assert set(each["judgements"]) == set().union(*same)


@given(rows())
def test_once_is_enough(photos: list[dict[str, Any]]) -> None:
    assert once(once(photos)) == once(photos)
    apart = merged(photos, ("combination", "board", "name"))
    assert apart == photos
    assert once(apart) == once(photos)


def test_what_belongs_to_another_answer_is_not_mixed_in() -> None:
    worst = photo("one", top5={"board": (2, 1), "full": (1, 2)}, judgements={})
    other = photo(
        "two",
        label="dog",
        label_id=1,
        top5={"board": (1, 2), "full": (1, 2), "float32": (1, 3)},
        shared={"float32": 2},
        distance={"float32": {"largest": 0.1, "mean": 0.1}},
        scores={"float32": (0.5, 0.1)},
    )
    (found,) = once([other, worst])
    assert (found["board"], found["top5"]["board"]) == ("one", (2, 1))
    assert found["top5"]["float32"] == (1, 3)
    assert found["scores"] == {"float32": (0.5, 0.1)}
    assert (found["shared"], found["distance"]) == ({}, {})
    assert (found["label"], found["label_id"]) == ("dog", 1)
    alike = {**other, "board": "three", "shared": {}, "distance": {}}
    (found,) = once([alike, other])
    assert found["shared"] == {"float32": 2}
    assert found["distance"] == {"float32": {"largest": 0.1, "mean": 0.1}}
