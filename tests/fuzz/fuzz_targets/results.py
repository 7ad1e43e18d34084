# SPDX-License-Identifier: MIT
"""``results.json`` of this version or an older one (hil/results/reading.py)."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fuzz_targets.choices import Choices
from hil.errors import BadInputError
from hil.results.document import SCHEMA
from hil.results.reading import read_document

_VALUES = (None, 0, -1, 1e308, "", "x", [], {}, [{}], {"a": []}, [None], True, [[]], "null")
_LISTS = [
    "boards",
    "flash",
    "combinations",
    "photos",
    "inferences",
    "lost",
    "round_trips",
    "latency",
    "notes",
    "errors",
    "tests",
]
_TREES = ["run", "labels", "photo_files", "agreement", "accuracy", "budgets", "history"]


def _document(version: int) -> dict[str, object]:
    return {
        "schema": SCHEMA if version > 6 else f"hil-results-{version}",
        **{name: [] for name in _LISTS},
        **{name: {} for name in _TREES},
        **dict.fromkeys(("board", "firmware", "model", "cut")),
        "budgets": {"measured": [], "verdicts": [{"board": "virtual", "checks": [{}]}]},
        "latency": [{"stages_us": {"total": {}}}],
        "photos": [{}],
        "errors": [{}],
    }


def run(data: bytes) -> None:
    """Any text, or a sound document of which some parts are something else."""
    choices = Choices(data)
    version = choices.below(8)
    if version == 0:
        text = choices.rest()
    else:
        tree = _document(version)
        while choices.left:
            _change(choices, tree)
        text = json.dumps(tree).encode()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "results.json"
        path.write_bytes(text)
        try:
            read_document(path)
        except BadInputError:
            return


def _change(choices: Choices, tree: dict[str, object]) -> None:
    node: object = tree
    for _ in range(1 + choices.below(4)):
        if isinstance(node, list) and node:
            key: object = choices.below(len(node))
        elif isinstance(node, dict) and node:
            key = list(node)[choices.below(len(node))]
        else:
            return
        parent, node = node, node[key]  # type: ignore[index]
    parent[key] = json.loads(json.dumps(_VALUES[choices.below(len(_VALUES))]))  # type: ignore[index]


def seeds() -> Iterator[bytes]:
    for version in range(3, 8):
        yield b"\0" + json.dumps(_document(version)).encode()
        yield bytes([version])
        yield bytes([version, 0, 15, 3])
