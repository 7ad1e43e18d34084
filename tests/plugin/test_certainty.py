# SPDX-License-Identifier: MIT
"""--hil-confidence: rounds are measured until verdicts are decided, on books that a test keeps."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

# The native modules behind these cannot be loaded again by each session inside this one.
import hil.model.split
import hil.results  # noqa: F401

ROOT = Path(__file__).parents[2]
MODEL = f"--hil-model={ROOT / 'models' / 'tiny'}"
SCHEMA = json.loads((ROOT / "docs" / "results.schema.json").read_text())

BOARD = """
import pytest
from hil.results import BoardRecord, InferenceRecord

SIMULATED = False

@pytest.fixture
def measure(hil_results):
    hil_results.board = BoardRecord(
        "usb", "port", "02:00:00:00:00:01", "esp32s3", SIMULATED, "reference", "poweron"
    )

    def measure(total):
        number = len(hil_results.inferences) + 1
        stages = {"total": total}
        record = InferenceRecord(None, "udp", number, SIMULATED, True, 64, stages, {}, ())
        hil_results.inferences.append(record)

    return measure
"""

TEST = """
import pytest

@pytest.mark.hil
@pytest.mark.latency_budget("total"{marker})
def test_it(measure, hil_rounds):
    for number in hil_rounds({stages}):
        measure({value})
"""

BUDGETS = """
[latency.esp32s3.udp]
total = { p95 = 10 }
[latency.virtual.udp]
total = { p95 = 10 }
"""

NEVER_SURE = "11_000 if number % 20 == 0 else 9_000 - number % 7"


@pytest.fixture
def run(pytester: pytest.Pytester) -> Any:
    def run(
        value: str, *options: str, marker: str = "", stages: str = "", board: str = BOARD
    ) -> pytest.RunResult:
        (pytester.path / "budgets.toml").write_text(BUDGETS)
        pytester.makeconftest(board)
        pytester.makepyfile(TEST.format(value=value, marker=marker, stages=stages))
        return pytester.runpytest("--junit-xml=junit.xml", MODEL, "--hil-via=udp", *options)

    return run


def budgets(pytester: pytest.Pytester) -> dict[str, Any]:
    found = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    section: dict[str, Any] = found["budgets"]
    return section


def test_a_board_within_its_limit_is_measured_until_that_is_sure(
    pytester: pytest.Pytester, run: Any
) -> None:
    result = run("9_500 - number % 7", "--hil-confidence=95%")
    result.assert_outcomes(passed=1)
    (verdict,) = budgets(pytester)["verdicts"]
    assert (verdict["outcome"], verdict["rounds"]) == ("marginal", 81)
    (check,) = verdict["checks"]
    assert (check["certain"], check["interval"][1]) == ("pass", 9_500)
    result.stdout.fnmatch_lines(
        ["budgets * 1 of 1 verdicts are sure at 95 % confidence, after at most 81 rounds"]
    )


@pytest.mark.parametrize("stages", ["", "'total'"])
def test_a_board_beyond_its_limit_is_measured_until_that_is_sure(
    pytester: pytest.Pytester, run: Any, stages: str
) -> None:
    result = run("11_000 + number % 7", "--hil-confidence=0.95", stages=stages)
    assert result.ret == 1
    (verdict,) = budgets(pytester)["verdicts"]
    assert (verdict["outcome"], verdict["rounds"]) == ("fail", 60)
    result.stdout.fnmatch_lines(
        ["*p95 11.006 ms exceeds its budget of 10.000 ms over 60 rounds, at least 11.00? ms *"]
    )


def test_rounds_for_another_stage_are_not_measured_for_this_one(
    pytester: pytest.Pytester, run: Any
) -> None:
    run("9_000", "--hil-confidence=95%", "--hil-undecided=warn", stages="'load'")
    assert [each["rounds"] for each in budgets(pytester)["verdicts"]] == [20]


def test_what_is_not_sure_by_the_last_round_fails_with_what_is_known(
    pytester: pytest.Pytester, run: Any
) -> None:
    result = run(NEVER_SURE, "--hil-confidence=95%", "--hil-max-rounds=100")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*udp total p95 ?.??? ms leaves undecided whether it keeps its budget of 10.000 ms "
            "over 100 rounds, at least * at 95 % confidence (board esp32s3; *); measure more "
            "rounds (--hil-max-rounds), or let it pass and be shown (--hil-undecided=warn).*",
            "*p95 <= 10.000 ms*UNDECIDED",
            "budgets * 0 of 1 verdicts are sure at 95 % confidence, after at most 100 rounds",
        ]
    )
    section = budgets(pytester)
    assert section["confidence"] == {
        **{"level": 0.95, "sequential": True, "rounds": 20, "max_rounds": 100},
        "undecided": "fail",
    }
    (verdict,) = section["verdicts"]
    assert (verdict["outcome"], verdict["rounds"]) == ("undecided", 100)
    assert verdict["checks"][0]["outcome"] == verdict["checks"][0]["certain"] == "undecided"


def test_what_is_not_sure_by_the_last_round_passes_by_a_word_and_is_shown(
    pytester: pytest.Pytester, run: Any
) -> None:
    options = ("--hil-confidence=95%", "--hil-max-rounds=100", "--hil-undecided=warn")
    result = run(NEVER_SURE, *options)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["budgets * leaves undecided whether it keeps its budget *"])
    (case,) = ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    found = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert found["hil.budget.esp32s3.udp.total"] == "undecided"
    assert float(found["hil.budget.esp32s3.udp.total.p95.at_least"] or 0) < 10_000


def test_without_a_confidence_verdicts_go_by_the_figures_and_say_how_sure_that_is(
    pytester: pytest.Pytester, run: Any
) -> None:
    result = run("9_500 - number % 7")
    result.assert_outcomes(passed=1)
    (verdict,) = budgets(pytester)["verdicts"]
    assert (verdict["outcome"], verdict["rounds"], verdict["effective"]) == ("marginal", 20, 20)
    (check,) = verdict["checks"]
    assert check["certain"] == "undecided"
    assert check["interval"][1] is None
    assert verdict["intervals"]["p50"][1] is not None
    result.stdout.fnmatch_lines(
        [
            "*p95 <= 10.000 ms*MARGINAL, unsure",
            "budgets * 1 of 1 verdicts are not sure at 95 % confidence; --hil-confidence *",
        ]
    )


def test_a_simulated_figure_repeats_exactly_and_is_sure_at_once(
    pytester: pytest.Pytester, run: Any
) -> None:
    board = BOARD.replace("SIMULATED = False", "SIMULATED = True").replace('"usb"', '"virtual"')
    result = run("8_000 + number", "--hil-confidence=95%", board=board)
    result.assert_outcomes(passed=1)
    (verdict,) = budgets(pytester)["verdicts"]
    assert (verdict["outcome"], verdict["rounds"]) == ("pass", 20)
    assert verdict["intervals"]["p95"] == [verdict["figures"]["p95"]] * 2


def test_a_confidence_that_the_rounds_cannot_reach_is_refused_before_any_test(
    pytester: pytest.Pytester, run: Any
) -> None:
    result = run("1", "--hil-confidence=99%", "--hil-max-rounds=100")
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        [
            "ERROR: To show p95 of budgets.toml [[]latency.virtual.udp] with 99 % confidence takes "
            "114 rounds at least, and --hil-max-rounds is 100; allow as many, or ask for less."
        ]
    )
    result.stdout.no_fnmatch_line("*passed*")


def test_a_limit_of_a_tests_own_that_the_rounds_cannot_reach_is_an_error_of_the_test(
    pytester: pytest.Pytester, run: Any
) -> None:
    result = run("1", "--hil-confidence=95%", "--hil-max-rounds=300", marker=", p99_ms=9")
    assert result.ret == 4
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*p99 of the test's own limit with 95 % confidence takes 403 *"])
