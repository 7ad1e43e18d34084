# SPDX-License-Identifier: MIT
"""The marker ``latency_budget``: judges what a test's board did during the test.

The figures are those that the board took by its own clock and that went into the results, whether
or not pytest-benchmark took part. Where benchmarks are switched off, rounds are cut short: then
nothing is judged, and that is said.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import BadInputError, BudgetExceeded
from hil.pytestplugin.run import Run
from hil.pytestplugin.turns.links import link_of

if TYPE_CHECKING:
    from hil.budgets import Verdict
    from hil.budgets.demand import Demand
    from hil.results.measured import Measured

MARKER = "latency_budget"

_DEMANDS: pytest.StashKey["tuple[Demand, ...]"] = pytest.StashKey()


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
        BudgetExceeded: a limit is broken.
        BadInputError: there were too few rounds for a limit.
    """
    demands = item.stash.get(_DEMANDS, ())
    if not demands:
        return (yield)
    run = Run.of(item.config)
    start = run.results.position()
    impaired = _impairments(run)
    result = yield
    measured = run.results.measured(start)
    turn = link_of(item)
    alien = _learned_elsewhere(run, _impairments(run) > impaired)
    verdicts = [verdict for each in demands for verdict in _judge(run, measured, each, turn, alien)]
    if reason := why_not_judged(item.config):
        run.results.not_judged = reason
        verdicts = [_not_judged(verdict, reason) for verdict in verdicts]
    run.results.verdicts += [(item.nodeid, verdict) for verdict in verdicts]
    _tell(item, verdicts)
    _raise_worst(verdicts)
    return result


def why_not_judged(config: pytest.Config) -> str | None:
    """Return why no budget can be judged in this session; None where it can."""
    if hasattr(config, "workerinput"):
        return "benchmarks are off under pytest-xdist; run with -n 0"
    session = getattr(config, "_benchmarksession", None)
    if session is not None and session.disabled:
        return "benchmarks are off by --benchmark-disable"
    return None


def _judge(
    run: Run, measured: "Measured", demand: "Demand", turn: str | None, alien: "Alien"
) -> "list[Verdict]":
    """Judge what was measured; a demand about another link waits for the turn of that link."""
    from hil.budgets import judge
    from hil.links import LINKS
    from hil.results.measured import section_of

    results, budgets = run.results, run.plan.budgets
    chip = results.board.chip if results.board else "unknown"
    verdicts = []
    for combination, those in measured.by_combination().items():
        for (via, tail, simulated), link in those.by_link().items():
            if via not in LINKS or demand.via not in (None, via):
                continue
            model = results.model_name(those.model_id)
            section = section_of(chip, tail, simulated, shape=results.shape, model=model)
            budget = demand.budget or budgets.link(section, via)
            found = judge(link.samples(), budget, section.board, via, demand.stages)
            known = bool(budgets.section(section, via))
            if demand.budget is None and (reason := alien(known)):
                results.not_judged = reason
                found = [_not_judged(verdict, reason) for verdict in found]
            verdicts += [replace(each, combination=combination) for each in found]
    waits = None not in (turn, demand.via) and turn != demand.via
    if not verdicts and not waits and why_not_judged(run.config) is None:
        over = f" over {demand.via}" if demand.via else ""
        raise BadInputError(
            f"The test is to be judged by {MARKER} and measured nothing{over}; let its board infer "
            "or echo, or take the marker off."
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
    return replace(verdict, outcome="not_judged", checks=(), sentences=(told,))


def _tell(item: pytest.Item, verdicts: "Sequence[Verdict]") -> None:
    """Put the verdicts into the JUnit file and into pytest-benchmark's record."""
    for verdict in verdicts:
        name = f"hil.budget.{verdict.board}.{verdict.via}.{verdict.stage}"
        item.user_properties.append((name, verdict.outcome))
        for check in verdict.checks:
            item.user_properties.append((f"{name}.{check.statistic}", check.value))
            item.user_properties.append((f"{name}.{check.statistic}.limit", check.limit))
    benchmark = getattr(item, "funcargs", {}).get("benchmark")
    if benchmark is not None:
        benchmark.extra_info[MARKER] = [asdict(verdict) for verdict in verdicts]


def _raise_worst(verdicts: "Sequence[Verdict]") -> None:
    def told(outcome: str) -> str:
        bad = (verdict for verdict in verdicts if verdict.outcome == outcome)
        return "\n".join(sentence for verdict in bad for sentence in verdict.sentences)

    if broken := told("fail"):
        raise BudgetExceeded(broken)
    if refused := told("refused"):
        raise BadInputError(f"{refused}; measure more rounds (--hil-rounds).")
