# SPDX-License-Identifier: MIT
"""Laws of joining: nothing is lost, nothing counts twice, and who tested what does not matter."""

import copy
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.model.accuracy import AgreementLimit, AgreementLimits
from hil.results import (
    BoardRecord,
    CutRecord,
    ErrorRecord,
    FirmwareRecord,
    InferenceRecord,
    JudgementRecord,
    LostRecord,
    ModelRecord,
    Results,
    RoundTripRecord,
    TestRecord,
)
from hil.results.joining import join

SCHEMA = json.loads((Path(__file__).parents[4] / "docs" / "results.schema.json").read_text())
FIRMWARE = FirmwareRecord("0.1.0", "0123456789abcdef", False)
CUT = CutRecord("block_6_project", "a/long/name", 6400)
LIMITS = AgreementLimits(3, AgreementLimit(0.5, 0.5))
CLASSES = 7

Test = tuple[int, str, bool]
"""What a test does: infers on a photo, over a link, with a judgement or without."""

TESTS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["tcp", "udp", "lost", "echo"]), st.booleans()),
    max_size=12,
)


def model(name: str) -> ModelRecord:
    return ModelRecord(name, f"{sum(name.encode()):08x}", CLASSES)


def best(seed: int) -> tuple[int, ...]:
    return tuple((seed * 3 + place) % CLASSES for place in range(5))


def new_run(worker: str, *, mac: str = "", kind: str = "usb", named: str = "") -> Results:
    results = Results(limits=LIMITS, worker=worker, named=named)
    mac = mac or f"7c:df:a1:00:00:{int(worker[2:]):02x}"
    simulated = kind == "virtual"
    results.board = BoardRecord(
        kind, f"/dev/{worker}", mac, "esp32s3", simulated, "reference", "POWERON"
    )
    return results


def begin(results: Results, content: str = "dogs") -> None:
    results.note("", FIRMWARE, model(content), CUT, LIMITS)


def do(results: Results, number: int, test: Test) -> None:
    photo, what, judged = test
    name, nodeid = f"p{photo}.jpg", f"t.py::test_{number}"
    begin(results, "dogs" if photo % 2 else "cats")
    results.photo(name, None if photo % 3 else "dog", None if photo % 3 else photo)
    about = ("edge", model("dogs" if photo % 2 else "cats").model_id, results.combination)
    since = results.position()
    if what == "lost":
        results.lost.append(LostRecord(name, "tcp", "edge_timeout", False, *about))
    elif what == "echo":
        results.round_trips.append(RoundTripRecord("tcp", 32, 500, None, False, None, *about))
    else:
        stages = {"load": 1, "invoke": 100 + photo, "send": 2, "wait": 3, "total": 106 + photo}
        results.predict(name, "board", best(photo), scores=(0.5, 0.1, 0.1, 0.1, 0.1))
        results.predict(name, "xnnpack", best(photo + photo % 3 // 2), 4)
        results.inferences.append(
            InferenceRecord(
                *(name, what, number, False, True, 6400, stages, {"infer": 9}, ()), None, *about
            )
        )
    if judged:
        good = photo != 4
        results.judge(name, "full", JudgementRecord(good, good, "as it is"))
    results.note_span(nodeid, since)
    results.tests.append(TestRecord(nodeid, "passed", None, 0.5, None, 1, results.combination))


def documents(tests: Sequence[Test], spread: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Let each test be run by the worker of that number."""
    runs = {number: new_run(f"gw{number}") for number in sorted({0, *spread})}
    for run in runs.values():
        begin(run)
    for number, (test, worker) in enumerate(zip(tests, spread, strict=True)):
        do(runs[worker], number, test)
    return {f"gw{number}": run.document() for number, run in runs.items()}


def spread_over(tests: Sequence[Test]) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 11), min_size=len(tests), max_size=len(tests))


def whole(document: Any, *without: str) -> Any:
    """Return rows that do not say of which board they are, in an order of their own."""
    rows = [
        {key: value for key, value in row.items() if key not in ("board", *without)}
        for row in document
    ]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def check(document: Any) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


@settings(max_examples=40)
@given(TESTS, st.data())
def test_joining_one_document_is_the_identity(tests: list[Test], data: st.DataObject) -> None:
    (document,) = documents(tests, [0] * len(tests)).values()
    plain = json.loads(json.dumps(document))
    assert join({"gw0": copy.deepcopy(plain)}) == plain
    several = documents(tests, data.draw(spread_over(tests)))
    joined = json.loads(json.dumps(join(several)))
    assert json.loads(json.dumps(join({"any": joined}))) == joined


@settings(max_examples=40)
@given(TESTS, st.data())
def test_what_is_counted_does_not_depend_on_who_tested_what(
    tests: list[Test], data: st.DataObject
) -> None:
    (alone,) = documents(tests, [0] * len(tests)).values()
    joined = join(documents(tests, data.draw(spread_over(tests))))
    check(json.loads(json.dumps(joined)))
    for key in ("agreement", "accuracy"):
        assert joined[key] == alone[key]
        by_name = [
            {each["name"]: each[key] for each in of["combinations"]} for of in (joined, alone)
        ]
        assert by_name[0] == by_name[1]
    for section in ("tests", "inferences", "lost", "round_trips"):
        assert whole(joined[section]) == whole(alone[section])
    for total in ("asked", "lost"):
        assert sum(each[total] for each in joined["latency"]) == sum(
            each[total] for each in alone["latency"]
        )


@settings(max_examples=40)
@given(TESTS, st.data())
def test_it_does_not_matter_who_hands_over_first(tests: list[Test], data: st.DataObject) -> None:
    found = documents(tests, data.draw(spread_over(tests)))
    order = data.draw(st.permutations(list(found)))
    assert join({worker: found[worker] for worker in order}) == join(found)


@settings(max_examples=40)
@given(TESTS, st.data())
def test_every_test_is_still_judged_by_what_it_measured(
    tests: list[Test], data: st.DataObject
) -> None:
    joined = join(documents(tests, data.draw(spread_over(tests))))
    for span in joined["budgets"]["measured"]:
        number = int(span["nodeid"].rpartition("_")[2])
        rows = [
            row
            for name in ("inferences", "lost", "round_trips")
            for row in joined[name][slice(*span[name])]
        ]
        assert len(rows) == 1
        assert rows[0]["board"] == span["board"]
        assert rows[0].get("message_id", number) == number


def names(*runs: Results) -> list[str]:
    joined = join({str(run.worker): run.document() for run in runs})
    return [each["name"] for each in joined["boards"]]


def test_names_stay_where_no_two_boards_have_them() -> None:
    assert names(new_run("gw0"), new_run("gw1", named="bench-3")) == [
        "7c:df:a1:00:00:00",
        "bench-3",
    ]


def test_virtual_boards_are_numbered_in_the_order_of_their_workers() -> None:
    labs = [new_run(f"gw{n}", kind="virtual") for n in (10, 2, 0)]
    joined = join({str(run.worker): run.document() for run in labs})
    told = {each["worker"]: each["name"] for each in joined["boards"]}
    assert told == {"gw0": "virtual-1", "gw2": "virtual-2", "gw10": "virtual-3"}
    named = new_run("gw1", kind="virtual", named="virtual-2")
    assert names(*labs, named) == ["virtual-1", "virtual-2", "virtual-3", "virtual-4"]
    assert names(labs[0]) == ["virtual"]


def test_a_board_that_another_worker_had_later_is_one_board() -> None:
    before, later = new_run("gw0"), new_run("gw2", mac="7c:df:a1:00:00:00")
    for number, run in enumerate((before, later)):
        begin(run)
        run.retries = 1
        do(run, number, (1, "tcp", True))
    joined = join({"gw0": before.document(), "gw2": later.document()})
    (board,) = joined["boards"]
    assert (board["worker"], board["retries"]) == ("gw2", 2)
    (link,) = joined["latency"]
    assert link["asked"] == 2
    assert len(joined["photos"]) == 1


def test_one_content_has_one_name_and_two_contents_have_two() -> None:
    one, two = new_run("gw0"), new_run("gw1")
    other = FirmwareRecord("0.1.0", "fedcba9876543210", False)
    one.note("", FIRMWARE, model("dogs"), CUT)
    two.note("", other, model("dogs"), CUT)
    two.note("", FIRMWARE, model("dogs"), CUT)
    two.tests.append(TestRecord("t.py::test_a", "passed", None, 0.1, None, 1, two.combination))
    joined = join({"gw0": one.document(), "gw1": two.document()})
    assert [each["name"] for each in joined["combinations"]] == [
        "dogs block_6_project",
        "dogs block_6_project (2)",
    ]
    assert joined["combinations"][1]["firmware"]["source_digest"] == "fedcba9876543210"
    assert joined["tests"][0]["combination"] == "dogs block_6_project"


def photo_of(board: Results, exact: bool, *classes: int) -> None:
    begin(board)
    board.photo("p.jpg", "dog", 1)
    board.predict("p.jpg", "full", (1, 2, 3))
    board.predict("p.jpg", "board", classes)
    board.judge("p.jpg", "full", JudgementRecord(exact, exact, "as it is"))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_photo_that_boards_see_otherwise_counts_once_as_the_worst(order: Iterable[int]) -> None:
    boards = [new_run(f"gw{number}") for number in order]
    photo_of(boards[0], True, 1, 2, 3)
    photo_of(boards[1], False, 2, 1, 3)
    joined = join({str(each.worker): each.document() for each in boards})
    assert len(joined["photos"]) == 2
    assert joined["agreement"]["with"]["full"]["n"] == 1
    assert joined["agreement"]["with"]["full"]["top1"] == 0
    assert joined["accuracy"]["board"] == {"n": 1, "top1": 0, "top5": 1}
    assert joined["accuracy"]["full"] == {"n": 1, "top1": 1, "top5": 1}


def test_a_worker_without_a_board_leaves_what_went_wrong() -> None:
    lost = Results(worker="gw0")
    lost.errors.append(
        ErrorRecord("t.py::test_a", "setup", "infrastructure", "LabError", "The lab died.")
    )
    lost.tests.append(TestRecord("t.py::test_a", "error", "infrastructure", 0.1, None))
    found = new_run("gw1")
    begin(found)
    joined = join({"gw0": lost.document(), "gw1": found.document()})
    assert joined["board"]["name"] == joined["boards"][0]["name"] == "7c:df:a1:00:00:01"
    assert joined["model"]["name"] == "dogs"
    assert [each["board"] for each in joined["tests"]] == [None]
    assert [each["message"] for each in joined["errors"]] == ["The lab died."]


def test_the_run_lasts_from_the_first_beginning_to_the_last_end() -> None:
    one, two = (new_run(f"gw{number}").document() for number in range(2))
    one["run"] |= {"started": "2026-05-01T10:00:30+00:00", "host_seconds": 20.0}
    two["run"] |= {"started": "2026-05-01T10:00:00+00:00", "host_seconds": 60.5}
    two["run"]["unstable"] = "fail"
    run = join({"gw0": one, "gw1": two})["run"]
    assert (run["started"], run["host_seconds"]) == ("2026-05-01T10:00:00+00:00", 60.5)
    assert run["unstable"] == "fail"


def test_links_are_authenticated_if_they_were_on_every_board() -> None:
    one, two = new_run("gw0"), new_run("gw1")
    one.authentication.note("tcp", "")
    two.authentication.note("tcp", "The firmware knows no keys; flash it.")
    one.authentication.foreign, two.authentication.foreign = 3, 4
    found = join({"gw0": one.document(), "gw1": two.document()})["authentication"]
    assert found["links"] == {"tcp": False}
    assert found["keyless"] == "The firmware knows no keys; flash it."
    assert found["foreign"] == 7
    older = {**two.document(), "authentication": None}
    assert join({"gw0": one.document(), "gw1": older})["authentication"]["foreign"] == 3
