# SPDX-License-Identifier: MIT
"""The verdict: what a run says, before all figures."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from hil.report.grouping import Document, has_several_boards
from hil.results.boards.differing import differences
from hil.results.boards.health import health_sentences
from hil.results.boards.sides import board_names
from hil.results.joining.photos import once

_HEADLINES = {
    "passed": ("good", "Passed"),
    "failed": ("bad", "Failed"),
    "running": ("warn", "Not ended: the run is under way, or was killed"),
    "interrupted": ("warn", "Interrupted"),
    "internal_error": ("warn", "Ended by an internal error of pytest"),
    "bad_input": ("warn", "Refused: what was asked for cannot be used"),
    "no_tests": ("warn", "No test was run"),
    "infrastructure": ("warn", "The rig failed; nothing is said against the product"),
}
_OF_BUDGETS = ("fail", "refused", "undecided", "marginal", "not_judged", "no_budget", "pass")
_WORDS = {
    "pass": "pass",
    "no_budget": "no limit",
    "not_judged": "not judged",
    "marginal": "marginal",
    "undecided": "undecided",
    "refused": "too few rounds",
    "fail": "FAIL",
}
_TONES = {"pass": "good", "fail": "bad", "refused": "bad", "marginal": "warn", "undecided": "warn"}
_MOST_SENTENCES = 8


@dataclass(frozen=True)
class Verdict:
    """What a run says.

    Attributes:
        tone: ``good``, ``bad`` or ``warn``.
        headline: a few words.
        points: sentences, the worst first.
    """

    tone: str
    headline: str
    points: tuple[str, ...]


def verdict_of(document: Document) -> Verdict:
    """Return the verdict of a run."""
    outcome = document["run"]["outcome"]
    tone, headline = _HEADLINES.get(outcome, ("warn", str(outcome)))
    return Verdict(tone, headline, tuple(_points(document)))


def word(outcome: str) -> str:
    """Return how the outcome of a budget is told."""
    return _WORDS.get(outcome, outcome)


def tone(outcome: str) -> str:
    """Return the tone in which it is told: ``good``, ``bad``, ``warn``, or none."""
    return _TONES.get(outcome, "")


def exact_photos(document: Document, judgement: str = "full") -> tuple[int, int]:
    """Return how many photos were exact by a judgement, and how many were judged."""
    judged = [
        each["judgements"][judgement]
        for each in once(document["photos"])
        if judgement in each["judgements"]
    ]
    return sum(each["exact"] for each in judged), len(judged)


def _points(document: Document) -> Iterator[str]:
    yield from _failures(document)
    good, total = exact_photos(document)
    if total:
        rest = "" if good == total else f"; {total - good} predict otherwise"
        yield f"Split and full model give the same bits for {good} of {total} photos{rest}."
    yield from _budgets(document)
    differing = [each.sentence for each in differences(document)]
    yield from (f"{each}." for each in differing[:_MOST_SENTENCES])
    if len(differing) > _MOST_SENTENCES:
        yield f"{len(differing) - _MOST_SENTENCES} more figures are not like those of siblings."
    health = health_sentences(document)
    yield from health[:_MOST_SENTENCES]
    if len(health) > _MOST_SENTENCES:
        yield f"{len(health) - _MOST_SENTENCES} more boards have had bad sessions."
    outcomes = Counter(each["outcome"] for each in document["tests"])
    if outcomes:
        told = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
        seconds = document["run"]["host_seconds"]
        number = sum(outcomes.values())
        boards = len(board_names(document))
        where = f"{boards} boards" if boards > 1 else "the board"
        yield f"{number} tests on {where}: {told}, in {seconds:,.0f} s on the host."


def _failures(document: Document) -> Iterator[str]:
    kinds = {
        "product": "of the product",
        "test": "of a test itself",
        "bad_input": "of what was asked for",
        "infrastructure": "of the rig or this computer",
    }
    bad = [each for each in document["tests"] if each["outcome"] in ("failed", "error")]
    bad += [each for each in document["errors"] if each["nodeid"] is None]
    counts = Counter(each["kind"] for each in bad)
    for kind, words in kinds.items():
        if counts[kind]:
            yield f"{counts[kind]} failure{'s' if counts[kind] > 1 else ''} {words}."
    if unstable := sum(each["outcome"] == "unstable" for each in document["tests"]):
        yield f"{unstable} test{'s' if unstable > 1 else ''} failed and then passed (unstable)."


def _budgets(document: Document) -> Iterator[str]:
    budgets = document["budgets"]
    verdicts = budgets["verdicts"]
    if budgets["not_judged"]:
        yield f"Budgets were not judged: {budgets['not_judged']}."
    boards = has_several_boards(document)
    sentences = [
        f"{each['board']}: {each['sentences'][0]}" if boards else each["sentences"][0]
        for outcome in ("fail", "refused", "undecided", "marginal")
        for each in verdicts
        if each["outcome"] == outcome and each["sentences"]
    ]
    yield from sentences[:_MOST_SENTENCES]
    if len(sentences) > _MOST_SENTENCES:
        yield f"{len(sentences) - _MOST_SENTENCES} more verdicts are not a plain pass."
    counts = Counter(each["outcome"] for each in verdicts)
    if counts:
        told = ", ".join(f"{counts[each]} {word(each)}" for each in _OF_BUDGETS if counts[each])
        yield f"Latency and loss: {told}."
