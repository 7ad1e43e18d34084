# SPDX-License-Identifier: MIT
"""Joins what several workers have found out, each with boards of its own, to one document."""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any

from hil.budgets.certainty import Certainty
from hil.results.joining import rows
from hil.results.joining.contents import Contents, all_contents
from hil.results.joining.naming import board_names
from hil.results.joining.photos import merged, once
from hil.results.measured import latency
from hil.results.summary import accuracy, agreement_rows, min_photos

Document = Mapping[str, Any]

_OF_CONTENTS = ("flash", "photos", "inferences", "lost", "round_trips", "tests")
"""Sections whose rows are of a board and of what was on it."""

_SPANS = ("inferences", "lost", "round_trips")
"""Sections whose rows are counted by what tests were judged by."""


def join(documents: Mapping[str, Document]) -> dict[str, Any]:
    """Return one document of several workers'.

    Each row keeps the board that it is from, by a name that no other board has. Agreement and
    accuracy are those of all photos, each once; latency is that of each board. Of a single document
    it makes the same again. How the run has ended is that of the first, for the caller to say.

    Args:
        documents: by worker, each by ``docs/results.schema.json``, in any order; at least one.
    """
    order = dict(sorted(documents.items(), key=lambda pair: _natural(pair[0])))
    names = board_names({worker: each["boards"] for worker, each in order.items()})
    contents = all_contents({worker: each["combinations"] for worker, each in order.items()})
    parts = [_renamed(worker, each, names, contents) for worker, each in order.items()]
    first = next((each for each in parts if each["firmware"] is not None), parts[0])
    boards = _boards(parts)
    found = {**first, **{name: _all(parts, name) for name in (*_OF_CONTENTS, "notes", "errors")}}
    found["photos"] = merged(found["photos"], ("combination", "board", "name"))
    shares = _Shares(parts, found["photos"])
    main = next(iter(contents.known), "")
    return {
        **found,
        "run": _run(parts),
        "board": next(iter(boards), None),
        "boards": boards,
        "combinations": [
            {"name": name, **each, **shares.of(name)} for name, each in contents.known.items()
        ],
        **{name: _together(parts, name) for name in ("labels", "photo_files")},
        **shares.of(main),
        "latency": _latency(found, [each["name"] for each in boards], contents),
        "budgets": _budgets(parts),
        "history": next((each["history"] for each in parts if each["history"]["runs"]), None)
        or first["history"],
        "authentication": _authentication(parts),
    }


def _natural(worker: str) -> tuple[str, int]:
    """Return what sorts gw10 behind gw9."""
    name, number = re.fullmatch(r"(.*?)(\d*)", worker, re.DOTALL).groups()  # type: ignore[union-attr]
    return name, int(number or -1)


def _renamed(
    worker: str, document: Document, names: Mapping[tuple[str, str], str], contents: Contents
) -> dict[str, Any]:
    """Return a document with the names that boards and contents have in the whole."""

    def of_board(row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, "board": names.get((worker, row["board"]), row["board"])}

    def of_content(row: Mapping[str, Any]) -> dict[str, Any]:
        name = row["combination"]
        return {**of_board(row), "combination": contents.names.get((worker, name), name)}

    budgets = document["budgets"]
    return {
        **document,
        "boards": [{**each, "name": names[worker, each["name"]]} for each in document["boards"]],
        "combinations": [
            {**each, "name": contents.names[worker, each["name"]]}
            for each in document["combinations"]
        ],
        **{name: [of_content(row) for row in document[name]] for name in _OF_CONTENTS},
        "errors": [of_board(row) for row in document["errors"]],
        "history": of_board(document["history"]),
        "budgets": {
            **budgets,
            "measured": [of_board(row) for row in budgets["measured"]],
            "verdicts": [of_content(row) for row in budgets["verdicts"]],
        },
    }


def _all(parts: Iterable[Document], section: str) -> list[Any]:
    return [row for each in parts for row in each[section]]


def _together(parts: Iterable[Document], section: str) -> dict[str, Any]:
    return {key: value for each in parts for key, value in each[section].items()}


def _boards(parts: Iterable[Document]) -> list[dict[str, Any]]:
    """Return each board once: one that two workers had, as the later has it."""
    found: dict[str, dict[str, Any]] = {}
    for each in _all(parts, "boards"):
        before = found.get(each["name"], {"retries": 0, "health": None})
        found[each["name"]] = {
            **each,
            "retries": before["retries"] + each["retries"],
            "health": each["health"] or before["health"],  # a worker that was killed left none
        }
    return list(found.values())


def _run(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return when the run began, and how long it took from then until the last was done."""
    runs = [each["run"] for each in parts]
    starts = [datetime.datetime.fromisoformat(each["started"]) for each in runs]
    begin = min(starts)
    ends = (
        (start - begin).total_seconds() + each["host_seconds"]
        for start, each in zip(starts, runs, strict=True)
    )
    return {
        **runs[0],
        "unstable": "fail" if any(each["unstable"] == "fail" for each in runs) else "pass",
        "started": runs[starts.index(begin)]["started"],
        "host_seconds": max(ends),
    }


class _Shares:
    """Agreement and accuracy over the photos of all boards."""

    def __init__(self, parts: list[dict[str, Any]], photos: list[Mapping[str, Any]]) -> None:
        self._parts = parts
        self._photos = once(photos)

    def of(self, content: str) -> dict[str, Any]:
        """Return them with one content of the boards, by name."""
        known = [
            each["agreement"]
            for part in self._parts
            for each in part["combinations"] or [{**part, "name": ""}]
            if each["name"] == content
        ]
        limits = rows.limits(known)
        photos = [
            rows.photo_record(each) for each in self._photos if each["combination"] == content
        ]
        agreement = {"min_photos": min_photos(limits), "with": agreement_rows(photos, limits)}
        return {"agreement": agreement, "accuracy": accuracy(photos)}


def _latency(document: Document, names: Iterable[str], contents: Contents) -> list[dict[str, Any]]:
    """Return the summary of each board's links."""
    budgets, cut = document["budgets"], document["cut"]
    known = contents.known.items()
    sizes = {name: each["cut"]["activation_bytes"] for name, each in known if each["cut"]}
    certainty = Certainty(**budgets["confidence"])
    found = []
    others = (each["board"] for name in _SPANS for each in document[name])
    for board in dict.fromkeys([*names, *others]):
        inferences, lost, echoes = (
            [each for each in document[name] if each["board"] == board] for name in _SPANS
        )
        size = cut["activation_bytes"] if cut else None
        measured = rows.measured(inferences, lost, echoes, size, sizes)
        summaries = latency(measured, certainty, shaped=bool(budgets["link_file"]))
        found += [{**each, "board": board} for each in summaries]
    return found


def _budgets(parts: list[dict[str, Any]]) -> dict[str, Any]:
    told = [each["budgets"] for each in parts]

    def first(name: str) -> Any:
        return next((each[name] for each in told if each[name] is not None), None)

    return {
        **told[0],
        "not_judged": first("not_judged"),
        "link_file": first("link_file"),
        "measured": list(_measured(parts)),
        "verdicts": [row for each in told for row in each["verdicts"]],
    }


def _measured(parts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield by what each test was judged, counted in the lists of the whole."""
    before = {name: [0, *accumulate(len(each[name]) for each in parts)] for name in _SPANS}
    for number, each in enumerate(parts):
        for span in each["budgets"]["measured"]:
            moved = {name: [end + before[name][number] for end in span[name]] for name in _SPANS}
            yield {**span, **moved}


def _authentication(parts: Iterable[Document]) -> dict[str, Any] | None:
    told = [each["authentication"] for each in parts if each["authentication"] is not None]
    if not told:
        return None
    links: dict[str, bool] = {}
    for each in told:
        for via, sure in each["links"].items():
            links[via] = links.get(via, True) and sure
    return {
        "links": links,
        "keyless": next((each["keyless"] for each in told if each["keyless"]), None),
        "foreign": sum(each["foreign"] for each in told),
    }
