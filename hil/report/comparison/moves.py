# SPDX-License-Identifier: MIT
"""What has moved between two runs: a time only where chance does not explain it.

Predictions do not depend on chance: one that differs has moved.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hil.budgets.compare import Comparison, compare_all
from hil.report.disagreement import class_name
from hil.report.grouping import Document, Row, combination, has_several_boards, same_link
from hil.report.judged import judged_stages
from hil.results.joining.photos import once
from hil.results.views import link_name

Key = tuple[str, str]
"""Link, with the content of the board if there are several; and stage."""

_OF_STAGES = {
    "slower": ("slower", "bad"),
    "faster": ("faster", "good"),
    "same": ("no difference shown", ""),
    "too_few": ("too few rounds", "warn"),
}


@dataclass(frozen=True)
class Move:
    """One stage of one link, before and after.

    Attributes:
        link: its name.
        stage: one of the stages.
        before_us, after_us: the rounds that were judged.
        found: what the comparison says.
    """

    link: str
    stage: str
    before_us: tuple[int, ...]
    after_us: tuple[int, ...]
    found: Comparison

    @property
    def word(self) -> str:
        """What it comes to."""
        return _OF_STAGES[self.found.outcome][0]

    @property
    def tone(self) -> str:
        """``good``, ``bad``, ``warn``, or none."""
        return _OF_STAGES[self.found.outcome][1]

    @property
    def sentence(self) -> str:
        """What has moved, by how much, and how sure that is."""
        low, high = self.found.interval
        middle = median(self.before_us)
        share = f", {abs(self.found.shift) / middle:.1%}" if middle else ""
        by = f"{abs(self.found.shift) / 1000:,.3f} ms"
        ends = sorted((abs(low), abs(high)))
        between = f"{ends[0] / 1000:,.3f} to {ends[1] / 1000:,.3f} ms"
        return f"{self.link} {self.stage} is {by} {self.word} ({between}{share}, p {self.p})."

    @property
    def p(self) -> str:
        """The probability of such a difference by chance alone, over all comparisons made."""
        return "< 0.0001" if self.found.p < 0.0001 else f"= {self.found.p:.4f}"


def moves(before: Document, after: Document, level: float = 0.95) -> list[Move]:
    """Compare every stage of every link that both runs have measured.

    Args:
        before: the document of the earlier run.
        after: of the later one.
        level: of confidence, over all comparisons together.
    """
    pairs: dict[Key, tuple[tuple[int, ...], tuple[int, ...]]] = {}
    for name, old, new in _links(before, after):
        were = {each.stage: tuple(each.values) for each in judged_stages(before, old)}
        for each in judged_stages(after, new):
            if were.get(each.stage) and each.values:
                pairs[name, each.stage] = (were[each.stage], tuple(each.values))
    found = compare_all(pairs, level) if pairs else {}
    return [Move(link, stage, *pairs[link, stage], found[link, stage]) for link, stage in pairs]


def lost(before: Document, after: Document) -> list[tuple[str, str, str]]:
    """Return, by link, messages lost of those asked, in both runs."""

    def told(link: Row) -> str:
        return f"{link['lost']:,} of {link['asked']:,}"

    return [(name, told(old), told(new)) for name, old, new in _links(before, after)]


def _links(before: Document, after: Document) -> Iterator[tuple[str, Row, Row]]:
    several = len({combination(each) for each in after["latency"]}) > 1
    boards = has_several_boards(after)
    for new in after["latency"]:
        for old in _of_board(before, new["board"]):
            as_new = {**old, "board": new["board"]}
            if same_link(as_new, new) or _same_but_content(old, new, before, after):
                parts = [combination(new)] * several + [new["board"] or ""] * boards
                yield " ".join([*parts, link_name(new)]), old, new


def _of_board(run: Document, board: str | None) -> list[Row]:
    """Return the links of a board; of another one if the run had no other than that."""
    links: list[Row] = run["latency"]
    own = [each for each in links if each["board"] == board]
    return links if not own and not has_several_boards(run) else own


def _same_but_content(old: Row, new: Row, before: Document, after: Document) -> bool:
    """Whether two links are alike, and neither run has more than one content of the board."""
    contents = [{combination(each) for each in run["latency"]} for run in (before, after)]
    alone = all(len(each) == 1 for each in contents)
    return alone and all(old[key] == new[key] for key in ("via", "tail", "simulated", "advisory"))


def predictions(before: Document, after: Document) -> list[tuple[str, str, str]]:
    """Return the photos whose first class on the board has changed: name, before, after."""
    several = len(after["combinations"]) > 1
    known = {_photo(each, several): each for each in once(before["photos"])}
    found = []
    for photo in once(after["photos"]):
        name = _photo(photo, several)
        earlier = known.get(name)
        if earlier is None or not all("board" in each["top5"] for each in (earlier, photo)):
            continue
        was, now = (each["top5"]["board"][0] for each in (earlier, photo))
        if was != now:
            found.append((name, _class(before, earlier, was), _class(after, photo, now)))
    return found


def _photo(photo: Row, several: bool) -> str:
    return f"{photo['name']} ({combination(photo)})" if several else str(photo["name"])


def _class(document: Document, photo: Row, class_id: int) -> str:
    name = combination(photo)
    contents = (each for each in document["combinations"] if each["name"] == name)
    model = next(contents, document)["model"]
    return class_name(class_id, document["labels"].get(model["model_id"], ()) if model else ())


def outcomes(before: Document, after: Document) -> list[tuple[str, str, str]]:
    """Return the tests whose outcome has changed: name, before, after."""
    known, found = _worst_outcomes(before), _worst_outcomes(after)
    return [
        (name, known[name], outcome)
        for name, outcome in found.items()
        if known.get(name, outcome) != outcome
    ]


def _worst_outcomes(document: Document) -> dict[str, str]:
    """Return what became of each test, on the board where it went worst."""
    found: dict[str, str] = {}
    for each in document["tests"]:
        known = found.get(each["nodeid"])
        bad = each["outcome"] in ("failed", "error")
        if known is None or known == "passed" or bad:
            found[each["nodeid"]] = each["outcome"]
    return found


def median(values: tuple[int, ...]) -> int:
    """Return the middle of some values, the lower one of two."""
    return sorted(values)[(len(values) - 1) // 2]
