# SPDX-License-Identifier: MIT
"""What is known of a board, one entry a time: a session, a comparison, set aside, taken back.

Pure, but for the time of day, which is there for people: nothing is ordered or measured by it.
"""

import dataclasses
import datetime
import json
from dataclasses import dataclass
from typing import Any

from hil.host.files.reading import parse_json
from hil.host.shortened import shortened

SCHEMA = "hil-health-1"

MOST_BYTES = 64 << 10
"""Of an entry; those that are written have a few hundred."""

LONGEST = 400
"""Characters of a sentence that is to be kept; its maker cuts it."""


@dataclass(frozen=True)
class Sighting:
    """Where a board was, and what it said it was.

    Attributes:
        name: in ``hil.toml``, or of its place in a farm; empty if it has none.
        place: where it was: its place in a farm, or its port, by the name that a lock has.
        port: its port, by the name that results have.
        mac: its address in lower case with colons; None if it has not told.
        simulated: whether it is a virtual board: then its address tells nothing.
    """

    name: str
    place: str
    port: str
    mac: str | None
    simulated: bool


@dataclass(frozen=True)
class Signs:
    """What a session's results say of a board.

    Attributes:
        tests: that were run on it, skipped ones left out.
        retries: of flashing or starting it.
        resets: that nobody asked for and that were not the firmware's.
        errors: tests that errors of the board ended, and such errors of the session.
        error: the first of these errors; empty without one.
        lost: messages without an answer that nothing explains.
        asked: messages in all.
    """

    tests: int = 0
    retries: int = 0
    resets: int = 0
    errors: int = 0
    error: str = ""
    lost: int = 0
    asked: int = 0


@dataclass(frozen=True)
class Difference:
    """A stage whose median was another one than that of the board's siblings.

    Attributes:
        via: the link; empty for what none takes part in, but for ``invoke`` in older entries, which
            was compared link by link.
        stage: such as ``invoke``.
        median_us: the board's, in microseconds.
        siblings_us: the median of theirs.
    """

    via: str
    stage: str
    median_us: int
    siblings_us: int


@dataclass(frozen=True)
class Session:
    """A session with the board that has ended; ``at``: local time with offset, ISO 8601."""

    at: str
    board: Sighting
    signs: Signs


@dataclass(frozen=True)
class Compared:
    """How the board has differed from its siblings in the session that was entered before."""

    at: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Quarantined:
    """The board was set aside: why, by whom (an account, or ``limits``), and how it was named."""

    at: str
    why: str
    by: str
    named: str = ""


@dataclass(frozen=True)
class Healed:
    """The board was taken back, by an account: what was before does not count any more."""

    at: str
    by: str


Entry = Session | Compared | Quarantined | Healed

_KINDS: dict[str, type[Any]] = {
    "session": Session,
    "compared": Compared,
    "quarantined": Quarantined,
    "healed": Healed,
}


def now() -> str:
    """Return the time of day as entries have it."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


def written(entry: Entry) -> bytes:
    """Return an entry as JSON."""
    (kind,) = (name for name, each in _KINDS.items() if isinstance(entry, each))
    tree = {"schema": SCHEMA, "kind": kind, **dataclasses.asdict(entry)}
    return json.dumps(tree).encode("ascii") + b"\n"


def read_entry(data: bytes) -> Entry:
    """Return the entry that some JSON is.

    Raises:
        ValueError: it is none, or one of a later version; in words that end a sentence.
    """
    try:
        tree = parse_json(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON, line {error.lineno}: {error.msg}") from error
    if not isinstance(tree, dict):
        tree = {}
    if (schema := tree.get("schema")) != SCHEMA:
        raise ValueError(f"its schema is {shortened(repr(schema), 40)}, not {SCHEMA}")
    kind = _KINDS.get(str(tree.get("kind")))
    if kind is None:
        raise ValueError("it is of no kind that is known")
    entry: Entry = _made(kind, tree)
    return entry


def _made(kind: type[Any], tree: Any) -> Any:
    known = tree if isinstance(tree, dict) else {}
    return kind(**{each.name: _value(each, known) for each in dataclasses.fields(kind)})


def _value(field: "dataclasses.Field[Any]", tree: dict[str, Any]) -> Any:
    if field.name not in tree:
        raise ValueError(f"{field.name!r} is missing")
    value, kind = tree[field.name], field.type
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _made(kind, value)
    if field.name == "differences":
        return tuple(
            _made(Difference, each) for each in (value if isinstance(value, list) else [0])
        )
    # bool is an int to Python, and means another thing.
    fits = isinstance(value, kind) and (kind is bool) == (type(value) is bool)  # type: ignore[arg-type]
    if not fits or (kind is int and value < 0):
        raise ValueError(f"{field.name!r} is {shortened(repr(value), 40)}")
    return value
