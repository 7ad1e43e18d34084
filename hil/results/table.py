# SPDX-License-Identifier: MIT
"""The closing table and the flat properties: text about a results document, from it alone."""

from collections.abc import Mapping
from typing import Any

from hil.budgets.verdict import OUTCOMES
from hil.host.columns import fold
from hil.results.boards.health import health_sentences
from hil.results.boards.table import board_lines
from hil.results.exit_lines import exit_rows
from hil.results.joining.photos import once
from hil.results.latency_table import latency_lines
from hil.results.views import link_name, views

JUDGEMENTS = ("transport", "composition", "kernel", "full")


def closing_lines(document: Mapping[str, Any], width: int) -> list[str]:
    """Return the closing table of a run as lines of text.

    Args:
        document: by ``docs/results.schema.json``.
        width: of the lines.
    """
    parts = views(document)
    several = len(parts) > 1
    left_out = {"model"} if several else set()
    boards = board_lines(document, width)
    left_out |= {"board"} if boards else set()
    identity = [row for row in _identity(document) if row[0] not in left_out]
    lines = boards + _aligned(identity, width)
    for name, part in parts.items():
        if several:
            lines += _aligned([("with", f"{name}: {_subject(part)}")], width)
        lines += _aligned(_predictions(part), width) + latency_lines(part, width)
    health = [("health", each) for each in health_sentences(document)]
    last = _notes(document) + health + _strangers(document) + exit_rows(document)
    return lines + _aligned(last, width)


def _predictions(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the rows about what one combination of firmware, model and cut has predicted."""
    rows = _photos(document)
    for name, row in document["agreement"]["with"].items():
        if name != "full":
            minimum = document["agreement"]["min_photos"]
            shares = f"top-1 {row['top1']:.1%}, top-5 {row['top5']:.1%} of {row['n']} photos"
            rows.append(("agreement", f"with {name}: {shares}; {_verdict(row, minimum)}"))
    if document["accuracy"]:
        tops = (
            f"{who} {row['top1']:.1%}, {row['top5']:.1%}"
            for who, row in document["accuracy"].items()
        )
        count = max(row["n"] for row in document["accuracy"].values())
        rows.append(("accuracy", f"top-1, top-5 of {count} labelled photos: {'; '.join(tops)}"))
    return rows


def identity_lines(document: Mapping[str, Any], width: int) -> list[str]:
    """Return lines of at most ``width`` that say what is under test and what was flashed."""
    return _aligned(_identity(document), width)


def properties(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the results document's headline as flat names and values, for JUnit.

    Where there was more than one combination, the names of all but the first begin with
    ``hil.with.`` and its name; where there was more than one board, with ``hil.on.`` and that.
    """
    flat: dict[str, str] = {}
    for number, (name, part) in enumerate(views(document).items()):
        prefix = f"hil.with.{name}" if number else "hil"
        own = {**part, "board": None} if number else part  # the board is the same
        flat |= {f"{prefix}.{key}": value for key, value in _properties(own).items()}
    for board in document["boards"][1:]:
        own = _told(board)
        flat |= {f"hil.on.{board['name']}.board.{key}": value for key, value in own.items()}
    return flat


def _told(section: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what is known of a section's values, as text; a board's health is no value."""
    known = (section or {}).items()
    return {key: _text(value) for key, value in known if value is not None and key != "health"}


def _properties(document: Mapping[str, Any]) -> dict[str, str]:
    flat = dict[str, str]()
    for section in ("board", "firmware", "model", "cut"):
        flat |= {f"{section}.{key}": value for key, value in _told(document[section]).items()}
    flat["model.photos"] = str(len(once(document["photos"])))
    for judgement, (good, total) in _judged(document).items():
        flat[f"{judgement}_exact"] = f"{good}/{total}"
    for name, row in document["agreement"]["with"].items():
        for key in ("top1", "top5"):
            flat[f"agreement.{name}.{key}"] = f"{row[key]:.4f}"
    flat |= _latency(document)
    for verdict in document["budgets"]["verdicts"]:
        name = f"budget.{verdict['section']}.{verdict['via']}.{verdict['stage']}"
        flat[name] = max(flat.get(name, "pass"), verdict["outcome"], key=OUTCOMES.index)
    if document["budgets"]["not_judged"]:
        flat["budgets.not_judged"] = document["budgets"]["not_judged"]
    return flat


def _latency(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the figures of each link; names of another board's than the first begin with its own.

    What is advisory is named so.
    """
    flat = dict[str, str]()
    first = document["boards"][0]["name"] if document["boards"] else None
    for summary in document["latency"]:
        board = "" if summary["board"] in (first, None) else f"on.{summary['board']}."
        advisory = "advisory." if summary["advisory"] else ""
        clock = "simulated" if summary["simulated"] else "board"
        link = link_name(summary).replace(" ", "-")
        name = f"{board}{advisory}latency.{clock}.{link}"
        for stage, spread in summary["stages_us"].items():
            for key in ("p50", "p95", "p99", "max"):
                if spread[key] is not None:
                    flat[f"{name}.{stage}.{key}_us"] = str(spread[key])
        for key in ("asked", "lost"):
            flat[f"{name}.{key}"] = str(summary[key])
    return flat


def _aligned(rows: list[tuple[str, str]], width: int) -> list[str]:
    return [line for key, text in rows for line in fold(text, width, f"{key:<10} ")]


def _identity(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    if board := document["board"]:
        rows.append(("board", _board(board)))
    if firmware := document["firmware"]:
        rows.append(
            (
                "firmware",
                f"{firmware['version']} (sources {firmware['source_digest']}), "
                + _kernels(board["kernels"] if board else "unknown"),
            )
        )
    if document["model"]:
        rows.append(("model", _subject(document)))
    if flashes := _of_first_board(document, "flash"):
        later = sum(bool(flash["written"]) for flash in flashes[1:])
        rows.append(("flashed", _flash(flashes[0]) + (f"; then {later} x more" if later else "")))
    return rows


def _of_first_board(document: Mapping[str, Any], section: str) -> list[Mapping[str, Any]]:
    """Return the rows of a section that are of the board which the sections' head is about."""
    first = document["board"]["name"] if document["board"] else None
    return [each for each in document[section] if each["board"] == first]


def _subject(document: Mapping[str, Any]) -> str:
    model, cut = document["model"], document["cut"]
    if model is None:
        return f"{document['firmware']['version']}, which does not speak hil's console"
    where = f", cut after {cut['name']} ({cut['activation_bytes']:,} bytes)" if cut else ""
    return f"{model['name']} (id {model['model_id']}){where}"


def _notes(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    notes = document["notes"]
    more = f" (and {len(notes) - 1} more in results.json)" if len(notes) > 1 else ""
    return [("unusual", f"{notes[0]}{more}")] if notes else []


def _strangers(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say who could take part, if anybody could, and how much of what came was nobody's."""
    told = document["authentication"] or {"keyless": None, "foreign": 0}
    rows = []
    if told["keyless"]:
        rows.append(("keyless", told["keyless"]))
    if told["foreign"]:
        rows.append(("foreign", f"{told['foreign']:,} frames of strangers came and were dropped"))
    return rows


def _kernels(kernels: str) -> str:
    return "which does not speak hil's console" if kernels == "none" else f"{kernels} kernels"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _board(board: Mapping[str, Any]) -> str:
    simulated = " (simulated)" if board["simulated"] else ""
    return (
        f"{board['kind']} {board['chip']}{simulated}, MAC {board['mac']}, at {board['port']}, "
        f"last reset: {board['reset']}"
    )


def _flash(flash: Mapping[str, Any]) -> str:
    written = flash["written"]
    if not written:
        return f"nothing, all of its {len(flash['skipped'])} regions were up to date"
    names = ", ".join(region["name"] for region in written)
    size = sum(region["size"] for region in written)
    text = f"{names}: {size:,} bytes in {flash['host_seconds']:.1f} s (host)"
    if flash["skipped"]:
        text += f"; up to date already: {', '.join(each['name'] for each in flash['skipped'])}"
    return text


def _judged(document: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return, by judgement, the photos that were exact and the photos judged."""
    counts: dict[str, tuple[int, int]] = {}
    photos = once(document["photos"])
    for judgement in JUDGEMENTS:
        verdicts = [
            photo["judgements"][judgement] for photo in photos if judgement in photo["judgements"]
        ]
        if verdicts:
            counts[judgement] = (sum(each["exact"] for each in verdicts), len(verdicts))
    return counts


def _photos(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    judged = _judged(document)
    rows = []
    if "full" in judged:
        good, total = judged.pop("full")
        verdict = "==" if good == total else "!="
        text = f"{good}/{total} photos: split == full model"
        if good != total:
            text = f"{good}/{total} photos agree: split {verdict} full model"
        rows.append(("photos", text))
    if judged:
        counts = (f"{name} {good}/{total}" for name, (good, total) in judged.items())
        rows.append(("exact", ", ".join(counts)))
    elif document["inferences"]:
        good = sum(each["transport_exact"] for each in document["inferences"])
        rows.append(("exact", f"transport {good}/{len(document['inferences'])} inferences"))
    return rows


def _verdict(row: Mapping[str, Any], minimum: int) -> str:
    limit = row["limit"]
    if limit is None:
        return "no limit"
    limits = f"limits {limit['top1']:.0%} and {limit['top5']:.0%}"
    if not row["judged"]:
        return f"{limits} not judged below {minimum} photos"
    return f"{limits} {'held' if row['passed'] else 'BROKEN'}"
