# SPDX-License-Identifier: MIT
"""The marker ``latency_budget``: judges what a test's board did during the test.

The figures are those that the board took by its own clock and that went into the results, whether
or not pytest-benchmark took part. Where benchmarks are switched off, rounds are cut short: then
nothing is judged, and that is said.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import BadInputError, BudgetExceeded
from hil.pytestplugin.farm.alone import JUDGED, is_alone
from hil.pytestplugin.run import Run
from hil.pytestplugin.turns.links import link_of

if TYPE_CHECKING:
    from hil.budgets import Verdict
    from hil.budgets.certainty import Certainty
    from hil.budgets.demand import Demand

MARKER = JUDGED

_DEMANDS: pytest.StashKey["tuple[Demand, ...]"] = pytest.StashKey()
_CALL: pytest.StashKey["_Call"] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*stages, via=None, p50_ms, p95_ms, p99_ms, max_ms, goodput, loss, marginal): "
        "judge what the board did during the test by budgets.toml, or by limits given here.",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Read every marker before the first test.

    Raises:
        pytest.UsageError: one of them makes no sense.
    """
    for item in items:
        marks = list(item.iter_markers(MARKER))
        if not marks:
            continue
        from hil.budgets.demand import Demand

        try:
            item.stash[_DEMANDS] = tuple(
                Demand.parse(mark.args, mark.kwargs, item.nodeid) for mark in marks
            )
        except BadInputError as error:
            raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Judge a test that has passed, once it is over.

    Raises:
        BudgetExceeded: a limit is broken, or not shown to be kept where that was asked for.
        BadInputError: there were too few rounds for a limit.
    """
    demands = item.stash.get(_DEMANDS, ())
    if not demands:
        return (yield)
    run = Run.of(item.config)
    call = _Call(run, link_of(item), run.results.position(), _impairments(run))
    item.stash[_CALL] = call
    for each in demands:
        if each.budget is not None:
            run.settings.certainty.check_reach(each.budget)
    result = yield
    run.results.note_span(item.nodeid, call.start)
    verdicts = [verdict for each in demands for verdict in call.judge(each)]
    if reason := why_not_judged(item.config):
        run.results.not_judged = reason
        verdicts = [_not_judged(verdict, reason) for verdict in verdicts]
    run.results.verdicts += [(item.nodeid, verdict) for verdict in verdicts]
    _tell(item, verdicts)
    _raise_worst(verdicts, run.settings.certainty)
    return result


def is_decided(item: pytest.Item, stages: Sequence[str] = ()) -> bool:
    """Return whether what a test has measured so far decides what it is to be judged by.

    Args:
        item: the test that is being run.
        stages: that are looked at; if none are named, all that it was marked with.
    """
    if why_not_judged(item.config) is not None:
        return True
    call = item.stash.get(_CALL, None)
    verdicts = [
        verdict
        for each in item.stash.get(_DEMANDS, ())
        for verdict in (call.judge(each) if call else ())
        if not stages or verdict.stage in stages
    ]
    return not any(verdict.outcome in ("undecided", "refused") for verdict in verdicts)


def why_not_judged(config: pytest.Config) -> str | None:
    """Return why no budget can be judged in this session; None where it can."""
    if not is_alone(config):
        return "other tests were run beside this one; mark it latency, or run it without -n"
    session = getattr(config, "_benchmarksession", None)
    if session is not None and session.disabled:
        return "benchmarks are off by --benchmark-disable"
    return None


@dataclass(frozen=True)
class _Call:
    """The call phase of a test that is judged.

    Attributes:
        run: that it belongs to.
        turn: the link whose turn it is; None where the test has none.
        start: what had been measured before.
        impaired: how often links had been impaired before.
    """

    run: Run
    turn: str | None
    start: tuple[int, int, int]
    impaired: int

    def judge(self, demand: "Demand") -> "list[Verdict]":
        """Judge what was measured; a demand about another link waits for the turn of that link."""
        from hil.budgets import judge
        from hil.links import LINKS
        from hil.results.measured import section_of

        run = self.run
        results, budgets, settings = run.results, run.plan.budgets, run.settings
        impaired = _impairments(run) > self.impaired
        alien = _learned_elsewhere(run, impaired)
        chip = results.board.chip if results.board else "unknown"
        verdicts = []
        for combination, those in results.measured(self.start).by_combination().items():
            for (via, tail, simulated), link in those.by_link().items():
                if via not in LINKS or demand.via not in (None, via):
                    continue
                model = results.model_name(those.model_id)
                section = section_of(chip, tail, simulated, shape=results.shape, model=model)
                budget = demand.budget or budgets.link(section, via)
                found = judge(
                    link.samples(),
                    budget,
                    section.board,
                    via,
                    demand.stages,
                    certainty=settings.certainty,
                    chance=not simulated or impaired or run.plan.has_chance,
                )
                known = bool(budgets.section(section, via))
                if demand.budget is None and (reason := alien(known)):
                    results.not_judged = reason
                    found = [_not_judged(verdict, reason) for verdict in found]
                verdicts += [replace(each, combination=combination) for each in found]
        waits = None not in (self.turn, demand.via) and self.turn != demand.via
        if not verdicts and not waits and why_not_judged(run.config) is None:
            over = f" over {demand.via}" if demand.via else ""
            raise BadInputError(
                f"The test is to be judged by {MARKER} and measured nothing{over}; let its board "
                "infer or echo, or take the marker off."
            )
        return verdicts


Alien = Callable[[bool], str]
"""Why the limits of the budget file are not those of the links measured; empty if they are. It is
told whether the file has limits for just these."""


def _learned_elsewhere(run: Run, impaired: bool) -> Alien:
    def reason(known: bool) -> str:
        if impaired:
            return "links were impaired during the test, and the limits were learned on others"
        if known or not run.results.shape:
            return ""
        link = run.settings.link
        return (
            f"the links are shaped by {link.name if link else 'a file'}, and the limits were "
            "learned on others; 'hil budgets learn --link' learns those of these"
        )

    return reason


def _impairments(run: Run) -> int:
    return run.bench.impairments if run.bench is not None else 0


def _not_judged(verdict: "Verdict", reason: str) -> "Verdict":
    told = f"{verdict.via} {verdict.stage} was not judged: {reason}"
    return replace(verdict, outcome="not_judged", checks=(), sentences=(told,), intervals={})


def _tell(item: pytest.Item, verdicts: "Sequence[Verdict]") -> None:
    """Put the verdicts into the JUnit file and into pytest-benchmark's record."""
    for verdict in verdicts:
        name = f"hil.budget.{verdict.board}.{verdict.via}.{verdict.stage}"
        item.user_properties.append((name, verdict.outcome))
        for check in verdict.checks:
            item.user_properties.append((f"{name}.{check.statistic}", check.value))
            item.user_properties.append((f"{name}.{check.statistic}.limit", check.limit))
            for bound, value in zip(("at_least", "at_most"), check.interval, strict=True):
                if value is not None:
                    item.user_properties.append((f"{name}.{check.statistic}.{bound}", value))
    benchmark = getattr(item, "funcargs", {}).get("benchmark")
    if benchmark is not None:
        benchmark.extra_info[MARKER] = [asdict(verdict) for verdict in verdicts]


def _raise_worst(verdicts: "Sequence[Verdict]", certainty: "Certainty") -> None:
    def told(outcome: str) -> str:
        bad = (verdict for verdict in verdicts if verdict.outcome == outcome)
        return "\n".join(sentence for verdict in bad for sentence in verdict.sentences)

    if broken := told("fail"):
        raise BudgetExceeded(broken)
    if refused := told("refused"):
        raise BadInputError(f"{refused}; measure more rounds (--hil-rounds).")
    if certainty.undecided == "fail" and (undecided := told("undecided")):
        raise BudgetExceeded(
            f"{undecided}; measure more rounds (--hil-max-rounds), or let it pass and be shown "
            "(--hil-undecided=warn)."
        )
