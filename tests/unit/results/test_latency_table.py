# SPDX-License-Identifier: MIT
"""What the closing table says about links, from the document alone."""

import json
import re
from dataclasses import replace

import pytest

from hil.results import LostRecord, Results
from hil.results.latency_table import latency_lines
from hil.results.table import closing_lines, properties


def lines(results: Results, width: int = 160) -> list[str]:
    return latency_lines(json.loads(json.dumps(results.document())), width)


def row(results: Results, *cells: str) -> str:
    (found,) = (line for line in lines(results) if line.split()[: len(cells)] == [*cells])
    return found


def headline(results: Results, link: str) -> str:
    """Return what stands in the table of links behind the name of one."""
    table = lines(results)
    start = next(number for number, line in enumerate(table) if line.startswith("links"))
    end = next(number for number, line in enumerate(table) if line.startswith("latency"))
    (found,) = (line for line in table[start + 2 : end] if line.split()[0] == link)
    return " ".join(found.split()[1:])


def test_a_row_has_figures_loss_budget_and_verdict(results: Results) -> None:
    assert row(results, "tcp", "total").split() == [
        *("tcp", "total", "20", "0", "2.970", "2.970", "2.970"),
        *("p50", "<=", "9.000", "ms", "pass"),
    ]


def test_what_is_close_to_its_limit_is_shown_as_marginal_and_said(results: Results) -> None:
    assert row(results, "tcp", "transfer").endswith("p95 <= 1.018 ms  MARGINAL")
    (said,) = (line for line in lines(results) if "is close to" in line)
    assert (
        "budgets    tcp transfer p95 1.018 ms is close to its budget of 1.018 ms over 20 rounds"
        in said
    )


def test_a_stage_without_a_budget_is_named(results: Results) -> None:
    assert row(results, "tcp", "rtt_small").endswith("no budget")
    (said,) = (line for line in lines(results) if "none for" in line)
    assert said == "budgets    none for tcp (virtual): load, invoke, send, wait, rtt_small"


def test_the_worst_verdict_about_a_stage_is_shown_with_its_own_figures(results: Results) -> None:
    nodeid, good = next(each for each in results.verdicts if each[1].stage == "total")
    bad = replace(good, outcome="fail", rounds=7, figures={"p50": 9, "p95": None, "max": 1_000_000})
    results.verdicts.append((nodeid, bad))
    found = row(results, "tcp", "total").split()
    assert found[2:7] == ["7", "0", "0.009", "n/a", "1,000.000"]
    assert found[-1] == "FAIL"


def test_a_link_has_a_line_with_what_it_carried_and_its_verdicts_counted(results: Results) -> None:
    assert headline(results, "tcp") == (
        "6,336.6 kB/s 0.996 0 of 20 1 of 41 1 MARGINAL, 5 no budget, 2 pass"
    )


def test_a_stage_counts_once_by_its_worst_verdict(results: Results) -> None:
    nodeid, good = next(each for each in results.verdicts if each[1].stage == "total")
    results.verdicts.append((nodeid, replace(good, outcome="fail")))
    results.verdicts.append((nodeid, good))
    assert headline(results, "tcp").endswith("1 FAIL, 1 MARGINAL, 5 no budget, 1 pass")


def test_a_link_that_answered_nothing_is_in_the_table(results: Results) -> None:
    assert row(results, "udp", "transfer").split()[2:] == ["0", "1", "n/a", "n/a", "n/a"]
    assert headline(results, "udp") == "n/a n/a n/a 1 of 1 none asked for"


def test_of_each_broken_budget_one_sentence_stands_below_the_table(results: Results) -> None:
    nodeid, good = next(each for each in results.verdicts if each[1].stage == "total")
    bad = replace(good, outcome="fail", sentences=("max is far above", "p50 is above too"))
    results.verdicts.append((nodeid, bad))
    said = [line for line in lines(results) if line.startswith("budgets") and "above" in line]
    assert said == ["budgets    max is far above"]


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_the_table_fits_and_breaks_no_word(results: Results, width: int) -> None:
    results.lost.append(LostRecord(None, "espnow", "edge_timeout", True, "peer"))
    nodeid, good = next(each for each in results.verdicts if each[1].stage == "total")
    slow = [replace(each, value=9_999_999, limit=9_999_999) for each in good.checks]
    figures = dict.fromkeys(("p50", "p95", "max"), 9_999_999)
    worst = replace(good, outcome="refused", checks=tuple(slow), figures=figures)
    results.verdicts.append((nodeid, worst))
    table, wide = lines(results, width), lines(results)
    assert any(re.search(r"p50 <= 9,999.999 ms +TOO FEW$", line) for line in table)
    assert max(map(len, table)) <= width
    assert set(" ".join(table).split()) <= set(" ".join(wide).split())


def test_where_there_is_little_room_counts_go_first(results: Results) -> None:
    def heading(width: int) -> list[str]:
        return next(line.split() for line in lines(results, width) if "stage" in line)

    whole = heading(100)
    gone = [[each for each in whole if each not in heading(width)] for width in range(100, 40, -1)]
    assert list(filter(None, gone)) == sorted(filter(None, gone), key=len)
    assert gone[-1] == ["rounds", "lost", "p50", "p95", "max"]
    assert max(len(line) for line in lines(results, 50) if "stage" in line) <= 50


def test_that_nothing_was_judged_is_said(results: Results) -> None:
    results.not_judged = "benchmarks are off by --benchmark-disable"
    assert "budgets    NOT JUDGED: benchmarks are off by --benchmark-disable" in lines(results)
    assert properties(results.document())["hil.budgets.not_judged"] == results.not_judged


def test_a_run_that_measured_nothing_has_no_table() -> None:
    assert lines(Results()) == []
    assert closing_lines(Results().document(), 80) == []


def test_verdicts_are_properties(results: Results) -> None:
    flat = properties(results.document())
    assert flat["hil.budget.virtual.tcp.transfer"] == "marginal"
    assert flat["hil.latency.simulated.tcp.lost"] == "1"
