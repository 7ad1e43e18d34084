# SPDX-License-Identifier: MIT
"""The marker latency_budget, on books that a test keeps itself in place of a board."""

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
from hil.results import BoardRecord, InferenceRecord, LostRecord

@pytest.fixture
def measure(hil_results):
    hil_results.board = BoardRecord(
        "virtual", "port", "02:00:00:00:00:01", "esp32s3", True, "reference", "poweron"
    )

    def measure(via="udp", transfer=9_812, rounds=20, lost=0):
        for number in range(rounds):
            stages = {"transfer": transfer, "total": transfer + 1_000}
            record = InferenceRecord(None, via, number + 1, True, True, 64, stages, {}, ())
            hil_results.inferences.append(record)
        for _ in range(lost):
            hil_results.lost.append(LostRecord(None, via, "edge_timeout", True))

    return measure

@pytest.fixture(scope="session")
def hil_link(request):
    return request.param
"""

BUDGETS = """
[latency.virtual.udp]
loss = 0.1
transfer = { p95 = 10.9 }
total = { max = 20 }
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> Any:
    def run(source: str, *options: str, budgets: str = BUDGETS) -> pytest.RunResult:
        (pytester.path / "budgets.toml").write_text(budgets)
        pytester.makeconftest(BOARD)
        head = "import pytest\npytestmark = pytest.mark.hil\nbudget = pytest.mark.latency_budget\n"
        pytester.makepyfile(head + source)
        return pytester.runpytest("--junit-xml=junit.xml", "--strict-markers", MODEL, *options)

    return run


def document(pytester: pytest.Pytester) -> dict[str, Any]:
    path = pytester.path / "hil-report" / "results.json"
    document: dict[str, Any] = json.loads(path.read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


def outcomes(pytester: pytest.Pytester) -> dict[str, str]:
    verdicts = document(pytester)["budgets"]["verdicts"]
    return {f"{each['via']} {each['stage']}": each["outcome"] for each in verdicts}


def properties(pytester: pytest.Pytester) -> dict[str | None, str | None]:
    (case,) = ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    return {each.get("name"): each.get("value") for each in case.iter("property")}


def test_a_test_within_its_budget_passes_and_the_verdicts_are_kept(
    pytester: pytest.Pytester, run: Any
) -> None:
    result = run("@budget\ndef test_it(measure):\n    measure(transfer=5_000)\n")
    result.assert_outcomes(passed=1)
    assert outcomes(pytester) == {"udp transfer": "pass", "udp total": "pass", "udp loss": "pass"}
    found = properties(pytester)
    assert found["hil.budget.virtual.udp.transfer"] == "pass"
    assert found["hil.budget.virtual.udp.transfer.p95"] == "5000"
    assert found["hil.budget.virtual.udp.transfer.p95.limit"] == "10900"
    result.stdout.fnmatch_lines(["*udp*transfer*20*5.000*p95 <= 10.900 ms*pass"])


def test_a_broken_budget_fails_the_test_with_one_sentence(
    pytester: pytest.Pytester, run: Any
) -> None:
    result = run("@budget('transfer')\ndef test_it(measure):\n    measure(transfer=10_901)\n")
    assert result.ret == 1
    result.assert_outcomes(failed=1)
    sentence = (
        "udp transfer p95 10.901 ms exceeds its budget of 10.900 ms over 20 rounds "
        "(board virtual, simulated; budgets.toml [latency.virtual.udp.transfer])"
    )
    assert sentence in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    (error,) = document(pytester)["errors"]
    assert (error["kind"], error["message"]) == ("product", sentence)
    assert properties(pytester)["hil.kind"] == "product"


def test_what_is_close_to_its_budget_passes_and_is_shown(
    pytester: pytest.Pytester, run: Any
) -> None:
    result = run("@budget('transfer')\ndef test_it(measure):\n    measure(transfer=9_812)\n")
    result.assert_outcomes(passed=1)
    assert outcomes(pytester) == {"udp transfer": "marginal"}
    result.stdout.fnmatch_lines(["budgets * udp transfer p95 9.812 ms is close to*"])


def test_too_few_rounds_are_an_error_and_no_pass(pytester: pytest.Pytester, run: Any) -> None:
    result = run("@budget\ndef test_it(measure):\n    measure(transfer=1, rounds=19)\n")
    assert result.ret == 4
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["udp transfer cannot be judged: p95 needs 20*"])
    assert outcomes(pytester)["udp transfer"] == "refused"


def test_lost_messages_break_the_budget_for_loss(run: Any) -> None:
    result = run("@budget\ndef test_it(measure):\n    measure(transfer=1, rounds=20, lost=3)\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*udp loss 13.04 % exceeds its budget of 10.00 % over 23 rounds*"])


def test_a_link_without_a_budget_is_reported(pytester: pytest.Pytester, run: Any) -> None:
    result = run("@budget\ndef test_it(measure):\n    measure(via='ble')\n")
    result.assert_outcomes(passed=1)
    assert set(outcomes(pytester).values()) == {"no_budget"}
    result.stdout.fnmatch_lines(
        ["budgets * none for this model and cut over ble (virtual): *learn*"]
    )


def test_a_stage_without_a_limit_is_reported_beside_those_that_have_one(run: Any) -> None:
    source = "@budget('transfer', 'total')\ndef test_it(measure):\n    measure(transfer=1)\n"
    budgets = "[latency.virtual.udp]\ntotal = { max = 20 }\n"
    result = run(source, budgets=budgets)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["budgets * none for udp (virtual): transfer"])


def test_a_test_may_bring_limits_of_its_own(pytester: pytest.Pytester, run: Any) -> None:
    source = "@budget('transfer', via='udp', p50_ms=5)\ndef test_it(measure):\n    measure()\n"
    result = run(source, budgets="")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*exceeds its budget of 5.000 ms*the test's own limit)"])


def test_only_what_the_test_itself_measured_is_judged(pytester: pytest.Pytester, run: Any) -> None:
    source = (
        "def test_before(measure):\n    measure(transfer=99_000)\n"
        "@pytest.fixture\ndef slow(measure):\n    measure(transfer=99_000)\n"
        "@budget\ndef test_it(slow, measure):\n    measure(transfer=5_000)\n"
    )
    run(source).assert_outcomes(passed=2)
    assert outcomes(pytester)["udp transfer"] == "pass"


def test_a_marked_test_that_measures_nothing_is_an_error(run: Any) -> None:
    result = run("@budget(via='ble')\ndef test_it(measure):\n    measure(via='udp')\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*latency_budget and measured nothing over ble*"])


def test_a_marker_about_a_link_is_for_the_turn_of_that_link(
    pytester: pytest.Pytester, run: Any
) -> None:
    source = (
        "@budget('transfer', via='udp', p50_ms=5)\n"
        "@budget('transfer', via='ble', p50_ms=20)\n"
        "def test_it(hil_link, measure):\n"
        "    measure(hil_link)\n"
    )
    result = run(source, "--hil-via=tcp,udp,ble")
    result.assert_outcomes(passed=2, failed=1)
    assert outcomes(pytester) == {"udp transfer": "fail", "ble transfer": "pass"}


def test_a_turn_in_which_its_own_link_measured_nothing_is_an_error(run: Any) -> None:
    source = "@budget(via='udp')\ndef test_it(hil_link, measure):\n    measure('tcp')\n"
    run(source, "--hil-via=tcp,udp").assert_outcomes(passed=1, errors=1)


def test_a_test_that_fails_by_itself_is_not_judged(pytester: pytest.Pytester, run: Any) -> None:
    run("@budget\ndef test_it(measure):\n    measure()\n    assert 0\n").assert_outcomes(failed=1)
    assert outcomes(pytester) == {}


@pytest.mark.parametrize(
    ("marker", "sentence"),
    [
        ("budget('transfr')", "test_it: latency_budget names 'transfr', which is no stage"),
        ("budget(via='zigbee')", "names 'zigbee', which is no link"),
        ("budget('total', p95_ms=-1)", "p95_ms = -1; give milliseconds above 0"),
    ],
)
def test_a_marker_that_makes_no_sense_is_refused_before_any_test(
    run: Any, marker: str, sentence: str
) -> None:
    result = run(f"@{marker}\ndef test_it(measure):\n    pass\n")
    assert result.ret == 4
    assert sentence in result.stderr.str()


def test_with_benchmarks_off_nothing_is_judged_and_that_is_said(
    pytester: pytest.Pytester, run: Any
) -> None:
    result = run(
        "@budget\ndef test_it(measure):\n    measure(transfer=99_000, rounds=1)\n",
        *("-p", "pytest_benchmark.plugin", "--benchmark-disable"),
    )
    result.assert_outcomes(passed=1)
    assert set(outcomes(pytester).values()) == {"not_judged"}
    result.stdout.fnmatch_lines(["budgets * NOT JUDGED: *--benchmark-disable"])
    assert document(pytester)["budgets"]["not_judged"].endswith("--benchmark-disable")
    assert properties(pytester)["hil.budget.virtual.udp.total"] == "not_judged"


def test_under_xdist_a_budget_is_judged_when_all_else_is_over(
    pytester: pytest.Pytester, run: Any
) -> None:
    result = run(
        "@budget\ndef test_it(measure):\n    measure(transfer=5_000)\n"
        "def test_other(measure):\n    measure(transfer=99_000)\n",
        *("-p", "xdist", "-n", "1"),
    )
    result.assert_outcomes(passed=2)
    assert set(outcomes(pytester).values()) == {"pass"}


LINK = "[udp]\nloss = 0.1\n"


def shaped_budgets() -> str:
    from hil.budgets.section import shape_name

    kind = f"virtual-over-{shape_name('air', {'udp': {'loss': 0.1}})}"
    return BUDGETS + BUDGETS.replace("latency.virtual", f"latency.{kind}").replace("10.9", "9")


def test_over_links_that_a_file_shapes_limits_of_others_are_not_judged_and_that_is_said(
    pytester: pytest.Pytester, run: Any
) -> None:
    link = pytester.path / "air.toml"
    link.write_text(LINK)
    source = "@budget\ndef test_it(measure):\n    measure(transfer=99_000)\n"
    result = run(source, f"--hil-link={link}")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["budgets * NOT JUDGED: the links are shaped by air.toml, *"])
    assert set(outcomes(pytester).values()) == {"not_judged"}
    assert document(pytester)["budgets"]["link_file"].startswith("air-")


def test_over_links_that_a_file_shapes_their_own_limits_are_judged(
    pytester: pytest.Pytester, run: Any
) -> None:
    link = pytester.path / "air.toml"
    link.write_text(LINK)
    source = "@budget('transfer')\ndef test_it(measure):\n    measure(transfer=9_100)\n"
    result = run(source, f"--hil-link={link}", budgets=shaped_budgets())
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*exceeds its budget of 9.000 ms*virtual-over-air-*"])


def test_while_links_are_impaired_limits_are_not_judged_and_that_is_said(
    pytester: pytest.Pytester, run: Any
) -> None:
    source = (
        "class Bench:\n    impairments = 0\n\n"
        "@budget\ndef test_it(measure, request):\n"
        "    from hil.pytestplugin.run import Run\n"
        "    Run.of(request.config).bench.impairments += 1\n"
        "    measure(transfer=99_000)\n\n"
        "@pytest.fixture(autouse=True)\ndef bench(request, monkeypatch):\n"
        "    from hil.pytestplugin.run import Run\n"
        "    monkeypatch.setattr(Run.of(request.config), 'bench', Bench())\n"
        "    from hil.pytestplugin.outcomes import logfiles\n"
        "    monkeypatch.setattr(logfiles, 'serial_log', lambda run, since: [])\n"
    )
    result = run(source)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["budgets * NOT JUDGED: links were impaired during the test, *"])
