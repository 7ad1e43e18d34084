# SPDX-License-Identifier: MIT
"""What was under test, and how it got onto the board."""

from collections.abc import Iterator
from dataclasses import dataclass

from hil.report.charts.figure import Table
from hil.report.grouping import Document, Row, combination, has_several_boards
from hil.results.boards.differing import differences
from hil.results.boards.sides import Total, board_names, sides
from hil.results.boards.table import outcomes


@dataclass(frozen=True)
class Identity:
    """What was under test.

    Attributes:
        facts: names and words.
        boards: each board with what it has done, where there were several.
        differing: sentences about boards that are not like their siblings.
        combinations: what the board held one after the other, where it was several contents.
        flashings: each flashing: what was written, what was there already.
        notes: what did not go as usual.
    """

    facts: tuple[tuple[str, str], ...]
    boards: Table | None
    differing: tuple[str, ...]
    combinations: Table | None
    flashings: Table | None
    notes: tuple[str, ...]


def identity_of(document: Document) -> Identity:
    """Return what was under test in a run."""
    several = document["combinations"]
    rows = [_combination(each) for each in several]
    headings = ["", "firmware", "model", "cut after", "bytes that cross"]
    boards = has_several_boards(document)
    flashings = [
        _flashing(number, each, boards=boards) for number, each in enumerate(document["flash"], 1)
    ]
    content = [*(["board"] if boards else []), "content", "written", "there already (by MD5)"]
    return Identity(
        tuple(_facts(document)),
        boards_table(document),
        tuple(each.sentence for each in differences(document)),
        Table(headings, rows) if len(rows) > 1 else None,
        Table(["", *content, "line rate", "time (host)"], flashings) if flashings else None,
        tuple(document["notes"]),
    )


def _facts(document: Document) -> Iterator[tuple[str, str]]:
    names = board_names(document)
    if len(names) > 1:
        yield "Boards", ", ".join(names)
        yield "Kernels", ", ".join(dict.fromkeys(each["kernels"] for each in document["boards"]))
    elif board := document["board"]:
        simulated = ", simulated" if board["simulated"] else ""
        yield "Board", f"{board['kind']} {board['chip']}{simulated}, MAC {board['mac']}"
        yield "Port", board["port"]
        yield "Kernels", board["kernels"]
        yield "Last reset", board["reset"]
    if firmware := document["firmware"]:
        test = ", test build" if firmware["test_build"] else ""
        yield "Firmware", f"{firmware['version']}{test} (sources {firmware['source_digest']})"
    if model := document["model"]:
        yield "Model", f"{model['name']}, {model['classes']:,} classes (id {model['model_id']})"
        if model["scaling"]:
            yield "Photos become", model["scaling"]
    if cut := document["cut"]:
        yield "Cut after", f"{cut['name']}: {cut['activation_bytes']:,} bytes cross"
    if flashes := [each for each in document["flash"] if each["board"] in names[:1]]:
        yield "Flashed", _flashed(flashes[0], len(flashes) - 1)
    if shape := document["budgets"]["link_file"]:
        yield "Links shaped by", shape
    run = document["run"]
    yield "Run", f"{run['started']}, {run['host_seconds']:,.0f} s on the host"
    yield "With", f"hil {run['hil_version']}, Python {run['python']}, {run['platform']}"


def _flashed(first: Row, later: int) -> str:
    written = first["written"]
    names = ", ".join(each["name"] for each in written)
    size = sum(each["size"] for each in written)
    told = (
        f"by esptool, what differed: {names}; {size:,} bytes in {first['host_seconds']:.1f} s"
        if written
        else "nothing: all regions were up to date, by MD5 on the board"
    )
    return f"{told}; then {later} times more for other tests" if later else told


def _flashing(number: int, flash: Row, *, boards: bool) -> list[object]:
    baud = f"{flash['baud']:,} baud" if flash["baud"] else "not told"
    return [
        str(number),
        *([flash["board"] or ""] if boards else []),
        combination(flash) or "as above",
        _regions(flash["written"]),
        _regions(flash["skipped"]),
        baud,
        f"{flash['host_seconds']:.1f} s",
    ]


def boards_table(document: Document) -> Table | None:
    """Return the boards of a run side by side; None where there was one at most."""
    rows = sides(document)
    if len(rows) < 2:
        return None
    links = list(dict.fromkeys(link for each in rows for link in each.totals))
    known = {each["name"]: each for each in document["boards"]}
    headings = ["board", "what", "at", "tests", "flashed", "retries", "crashes", "messages lost"]
    medians = [f"{link}, median total (ms)" for link in links]
    cells = [
        [
            *(each.board, *_what(known.get(each.board)), outcomes(each)),
            *(each.flashings, each.retries, each.crashes, f"{each.lost:,} of {each.asked:,}"),
            *(_total(each.totals.get(link)) for link in links),
        ]
        for each in rows
    ]
    return Table([*headings, *medians], cells)


def _what(board: Row | None) -> tuple[str, str]:
    """Return what a board is, and where."""
    if board is None:
        return "never flashed", ""
    simulated = ", simulated" if board["simulated"] else ""
    what = f"{board['kind']} {board['chip']}{simulated}, MAC {board['mac']}"
    worker = f" (worker {board['worker']})" if board["worker"] else ""
    return what, f"{board['port']}{worker}"


def _total(total: Total | None) -> str:
    if total is None:
        return ""
    return f"{total.us / 1000:,.3f}{' (advisory)' if total.advisory else ''}"


def _regions(regions: list[Row]) -> str:
    return "; ".join(
        f"{each['name']} ({each['size']:,} bytes at 0x{each['offset']:x})" for each in regions
    )


def _combination(each: Row) -> list[object]:
    firmware, model, cut = each.get("firmware"), each.get("model"), each.get("cut")
    return [
        each["name"],
        f"{firmware['version']} ({firmware['source_digest']})" if firmware else "",
        model["name"] if model else "",
        cut["name"] if cut else "not cut",
        f"{cut['activation_bytes']:,}" if cut else "",
    ]
