# SPDX-License-Identifier: MIT
"""A results document taken apart by what was on the boards: a part reads like a run of its own."""

from collections.abc import Mapping
from typing import Any

_OWN = ("firmware", "model", "cut", "agreement", "accuracy")
_LISTS = ("flash", "photos", "inferences", "lost", "round_trips", "latency")


def views(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return, by name, a document of each combination, in the order of their first flashing.

    Args:
        document: by ``docs/results.schema.json``.

    Returns:
        at least one, which is the whole document where there was one combination at most.
    """
    combinations = document["combinations"]
    if len(combinations) < 2:
        return {each["name"]: document for each in combinations} or {"": document}
    return {each["name"]: _view(document, each) for each in combinations}


def link_name(record: Mapping[str, Any]) -> str:
    """Return what a link is called, with a second board at its end or without."""
    return f"{record['via']} peer" if record["tail"] == "peer" else str(record["via"])


def _view(document: Mapping[str, Any], combination: Mapping[str, Any]) -> Mapping[str, Any]:
    name = combination["name"]
    budgets = document["budgets"]
    if combination is not document["combinations"][0]:  # told once
        budgets = {**budgets, "link_file": None, "not_judged": None}

    def own(records: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [each for each in records if each["combination"] == name]

    return {
        **document,
        **{key: combination[key] for key in _OWN},
        **{key: own(document[key]) for key in _LISTS},
        "budgets": {**budgets, "verdicts": own(budgets["verdicts"])},
    }
