# SPDX-License-Identifier: MIT
"""Reads a results document that this version, or an older one, has written.

What an older one does not say is filled in as not known, so that readers need not ask for ages;
but for how sure its figures are (``certain``, ``effective``, ``confidence``), which is left out.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hil.errors import BadInputError
from hil.host.files.reading import DATA_BYTES, parse_json, read_text
from hil.results.document import SCHEMA, board_name
from hil.results.history import History

Document = dict[str, Any]

DAMAGE = (LookupError, TypeError, ValueError, AttributeError)
"""What is raised by looking into a document that does not hold what its schema says."""

_OLDEST = 3
_NAME = re.compile(r"hil-results-(\d{1,6})")
_NEWEST = int(SCHEMA.rpartition("-")[2])

_SECTIONS: dict[str, type | tuple[type, ...]] = {
    "run": dict,
    "board": (dict, type(None)),
    "boards": list,
    "firmware": (dict, type(None)),
    "model": (dict, type(None)),
    "cut": (dict, type(None)),
    "flash": list,
    "combinations": list,
    "labels": dict,
    "photo_files": dict,
    "photos": list,
    "inferences": list,
    "lost": list,
    "round_trips": list,
    "agreement": dict,
    "accuracy": dict,
    "latency": list,
    "budgets": dict,
    "history": dict,
    "notes": list,
    "authentication": (dict, type(None)),
    "errors": list,
    "tests": list,
}


_OF_A_BOARD = (
    *("flash", "photos", "inferences", "lost", "round_trips", "latency"),
    *("errors", "tests"),
)
"""Sections whose rows say of which board they are."""


def read_document(path: Path) -> Document:
    """Read a ``results.json``, brought up to this version's schema.

    Raises:
        BadInputError: it cannot be read, is cut off, is no results file, or is of a version that
            is too old or not known yet.
    """
    try:
        document = parse_json(read_text(path, DATA_BYTES))
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be read ({error.strerror}): name the results.json of a run."
        ) from error
    except json.JSONDecodeError as error:
        raise BadInputError(
            f"{path} is cut off or no JSON (line {error.lineno}: {error.msg}): run the tests again."
        ) from error
    except ValueError as error:
        raise BadInputError(f"{path} is no results file ({error}): run the tests again.") from error
    version = _version(document, path)
    try:
        for number in range(version, _NEWEST):
            _STEPS[number](document)
    except DAMAGE as error:
        raise not_as_named(path, error) from error
    for name, kind in _SECTIONS.items():
        if not isinstance(document.get(name), kind):
            raise not_as_named(path, KeyError(name))
    return dict(document)


def not_as_named(path: Path, error: Exception) -> BadInputError:
    """Return that a file is of a schema by name and not by content.

    Args:
        path: of the file.
        error: what was met where something else should have been.
    """
    told = f"{type(error).__name__}: {error}"
    return BadInputError(
        f"{path} does not hold what its schema says ({told}): it was altered or is damaged; run "
        "the tests again."
    )


def _version(document: Any, path: Path) -> int:
    schema = document.get("schema") if isinstance(document, dict) else None
    named = _NAME.fullmatch(schema) if isinstance(schema, str) else None
    if named is None:
        raise BadInputError(
            f"{path} is no results file: name the results.json that 'pytest -m hil' has written."
        )
    version = int(named[1])
    if version < _OLDEST:
        raise BadInputError(
            f"{path} is of {schema}, and this version of hil reads hil-results-{_OLDEST} and "
            "later: run the tests again."
        )
    if version > _NEWEST:
        raise BadInputError(
            f"{path} is of {schema}, which is newer than this version of hil ({SCHEMA}): "
            "update hil."
        )
    return version


def _from_3(document: Document) -> None:
    document["budgets"].setdefault("link_file", None)


def _from_4(document: Document) -> None:
    model = document["model"] or {}
    document["run"].setdefault("unstable", "pass")
    if model:
        model.setdefault("scaling", None)
    for photo in document["photos"]:
        photo.setdefault("label_id", None)
        photo.setdefault("shared", {})
    for each in (*document["inferences"], *document["lost"], *document["round_trips"]):
        each.setdefault("model_id", model.get("model_id", ""))
    for row in document["accuracy"].values():
        row.setdefault("top5", None)
    for test in document["tests"]:
        test.setdefault("attempts", 1)


def _from_5(document: Document) -> None:
    why = f"The file is of {document['schema']}, which has no history."
    document.setdefault("labels", {})
    document.setdefault("photo_files", {})
    document.setdefault("history", {**vars(History(missing=why)), "runs": [], "unread": []})
    document["budgets"].setdefault("measured", {})
    document.setdefault("combinations", [])
    for name in ("flash", "photos", "inferences", "lost", "round_trips", "latency"):
        for each in document[name]:
            each.setdefault("combination", "")
    for each in document["latency"]:
        for figures in each["stages_us"].values():
            figures.setdefault("intervals", {})
    for each in document["budgets"]["verdicts"]:
        each.setdefault("combination", "")
        each.setdefault("intervals", {})
        each.setdefault("effective", None)
        for check in each["checks"]:
            check.setdefault("interval", [None, None])
    for test in document["tests"]:
        test.setdefault("combination", None)
    for flash in document["flash"]:
        flash.setdefault("baud", 0)
    for photo in document["photos"]:
        photo.setdefault("scores", {})
        photo.setdefault("distance", {})
    for error in document["errors"]:
        for name, value in (("notes", []), ("file", None), ("line", None), ("serial_log", [])):
            error.setdefault(name, value)


def _from_6(document: Document) -> None:
    document.setdefault("authentication", None)


def _from_7(document: Document) -> None:
    board = document["board"]
    name = board_name(board["kind"], board["mac"]) if board else None
    if board:
        retries = sum(": trying again after: " in note for note in document["notes"])
        for key, value in (("name", name), ("worker", None), ("retries", retries)):
            board.setdefault(key, value)
    document.setdefault("boards", [board] if board else [])
    budgets = document["budgets"]
    for each in budgets["verdicts"]:
        if "section" not in each:
            each["section"] = each["board"]
            each["board"] = name
    if isinstance(budgets["measured"], dict):
        spans = budgets["measured"].items()
        budgets["measured"] = [{"nodeid": nodeid, **span, "board": name} for nodeid, span in spans]
    document["history"].setdefault("board", name)
    for section in _OF_A_BOARD:
        for each in document[section]:
            each.setdefault("board", name)
    for section in ("inferences", "lost", "round_trips", "latency"):
        for each in document[section]:
            each.setdefault("advisory", False)


def _from_8(document: Document) -> None:
    for each in (document["board"], *document["boards"]):
        if each:
            each.setdefault("health", None)


_STEPS: dict[int, Callable[[Document], None]] = {
    3: _from_3,
    4: _from_4,
    5: _from_5,
    6: _from_6,
    7: _from_7,
    8: _from_8,
}
"""What brings a document of a version to the next one."""
