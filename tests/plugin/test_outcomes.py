# SPDX-License-Identifier: MIT
"""How the harness's errors end tests and sessions."""

from xml.etree import ElementTree

import pytest

ERRORS = "from hil.errors import *\n"

IN_SETUP = """
import pytest
@pytest.fixture
def trouble():
    raise {error}
def test_it(trouble):
    pass
"""
IN_CALL = """
def test_it():
    raise {error}
"""
IN_TEARDOWN = """
import pytest
@pytest.fixture
def trouble():
    yield
    raise {error}
def test_it(trouble):
    pass
"""
PHASES = {"setup": IN_SETUP, "call": IN_CALL, "teardown": IN_TEARDOWN}

PRODUCT = "BoardPanic('The board panicked.')"
INFRASTRUCTURE = "PortBusyError('The port is busy; close the other program.')"
BAD_INPUT = "BadInputError('The cut does not exist; choose another.')"


def run(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(ERRORS + source)
    return pytester.runpytest("--junit-xml=junit.xml", *options)


def junit_cases(pytester: pytest.Pytester) -> list[ElementTree.Element]:
    return list(ElementTree.parse(pytester.path / "junit.xml").iter("testcase"))


@pytest.mark.parametrize("phase", PHASES)
def test_a_product_failure_is_a_failure_in_every_phase(
    pytester: pytest.Pytester, phase: str
) -> None:
    result = run(pytester, PHASES[phase].format(error=PRODUCT))
    assert result.ret == 1
    assert result.parseoutcomes().get("failed") == 1
    assert "errors" not in result.parseoutcomes()
    (case,) = junit_cases(pytester)
    (failure,) = case.findall("failure")
    assert failure.get("message") == "hil.errors.BoardPanic: The board panicked."
    assert not case.findall("error")


@pytest.mark.parametrize("phase", PHASES)
def test_an_infrastructure_error_is_an_error_in_every_phase_and_exits_10(
    pytester: pytest.Pytester, phase: str
) -> None:
    result = run(pytester, PHASES[phase].format(error=INFRASTRUCTURE))
    assert result.ret == 10
    assert result.parseoutcomes().get("errors") == 1
    assert "failed" not in result.parseoutcomes()
    result.stdout.fnmatch_lines([f"*ERROR at {phase} of test_it*"])
    (case,) = junit_cases(pytester)
    (error,) = case.findall("error")
    sentence = "hil.errors.PortBusyError: The port is busy; close the other program."
    assert error.get("message") == f'failed on {phase} with "{sentence}"'
    assert not case.findall("failure")


@pytest.mark.parametrize("phase", PHASES)
def test_bad_input_is_an_error_in_every_phase_and_exits_4(
    pytester: pytest.Pytester, phase: str
) -> None:
    result = run(pytester, PHASES[phase].format(error=BAD_INPUT))
    assert result.ret == 4
    assert result.parseoutcomes().get("errors") == 1


def test_bad_input_in_setup_ends_the_session(pytester: pytest.Pytester) -> None:
    source = IN_SETUP.format(error=BAD_INPUT) + "def test_never_runs():\n    pass\n"
    result = run(pytester, source)
    assert result.ret == 4
    assert "passed" not in result.parseoutcomes()
    result.stdout.fnmatch_lines(["*The cut does not exist; choose another.*"])


def test_a_product_failure_outweighs_an_infrastructure_error(pytester: pytest.Pytester) -> None:
    source = f"def test_a():\n    raise {INFRASTRUCTURE}\ndef test_b():\n    raise {PRODUCT}\n"
    result = run(pytester, source)
    assert result.ret == 1
    result.assert_outcomes(errors=1, failed=1)


def test_a_failed_assertion_outweighs_an_infrastructure_error(pytester: pytest.Pytester) -> None:
    source = f"def test_a():\n    raise {INFRASTRUCTURE}\ndef test_b():\n    assert 1 == 2\n"
    assert run(pytester, source).ret == 1


def test_bad_input_outweighs_an_infrastructure_error(pytester: pytest.Pytester) -> None:
    source = f"def test_a():\n    raise {INFRASTRUCTURE}\ndef test_b():\n    raise {BAD_INPUT}\n"
    assert run(pytester, source).ret == 4


def test_other_exceptions_keep_pytests_own_outcomes(pytester: pytest.Pytester) -> None:
    result = run(pytester, IN_SETUP.format(error="OSError('disk')"))
    assert result.ret == 1
    result.assert_outcomes(errors=1)


def test_an_expected_error_is_no_failure(pytester: pytest.Pytester) -> None:
    source = (
        "import pytest\n"
        f"def test_a():\n    with pytest.raises(PortBusyError):\n        raise {INFRASTRUCTURE}\n"
        "@pytest.mark.xfail(raises=BoardPanic, strict=True)\n"
        f"def test_b():\n    raise {PRODUCT}\n"
    )
    result = run(pytester, source)
    assert result.ret == 0
    result.assert_outcomes(passed=1, xfailed=1)


def test_an_interrupted_session_keeps_its_exit_code(pytester: pytest.Pytester) -> None:
    source = f"def test_a():\n    raise {INFRASTRUCTURE}\n"
    pytester.makepyfile(ERRORS + source + "def test_b():\n    raise KeyboardInterrupt\n")
    assert pytester.runpytest_subprocess().ret == 2


def test_an_error_is_shown_as_one_sentence_below_the_line_that_met_it(
    pytester: pytest.Pytester,
) -> None:
    source = (
        f"def deep():\n    raise {INFRASTRUCTURE}\n\n"
        "def test_it():\n    the_line_to_show = deep()\n"
    )
    result = run(pytester, source)
    text = result.stdout.str()
    assert "E   hil.errors.PortBusyError: The port is busy; close the other program." in text
    assert text.count("The port is busy") == 3  # its line, the sentence, and the short summary
    assert "raise PortBusyError" in text


def test_the_chosen_traceback_style_is_respected(pytester: pytest.Pytester) -> None:
    result = run(pytester, IN_CALL.format(error=INFRASTRUCTURE), "--tb=native")
    result.stdout.fnmatch_lines(["Traceback (most recent call last):"])


def test_junit_tells_product_infrastructure_and_skipped_apart(pytester: pytest.Pytester) -> None:
    source = (
        "import pytest\n"
        f"def test_product():\n    raise {PRODUCT}\n"
        f"def test_infrastructure():\n    raise {INFRASTRUCTURE}\n"
        "def test_skipped():\n    pytest.skip('There is no second board.')\n"
        "def test_fine():\n    pass\n"
    )
    run(pytester, source)
    found = {case.get("name"): [e.tag for e in case] for case in junit_cases(pytester)}
    assert found == {
        "test_product": ["properties", "failure"],
        "test_infrastructure": ["properties", "error"],
        "test_skipped": ["skipped"],
        "test_fine": [],
    }
    (suite,) = ElementTree.parse(pytester.path / "junit.xml").iter("testsuite")
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}


PANIC = """
def test_it():
    error = BoardPanic("The firmware panicked, in storage_init (storage.c:42).")
    error.add_note("Backtrace:\\n  #0  0x42001000 storage_init at /src/storage.c:42")
    error.add_note("From the console's log:\\n  a line of the log")
    raise error
"""
IN_SETUP_PANIC = PANIC.replace("def test_it", "import pytest\n@pytest.fixture\ndef trouble") + (
    "def test_it(trouble):\n    pass\n"
)


@pytest.mark.parametrize("source", [PANIC, IN_SETUP_PANIC])
def test_a_backtrace_stands_below_the_sentence_and_in_junit(
    pytester: pytest.Pytester, source: str
) -> None:
    result = run(pytester, source)
    frame = "#0  0x42001000 storage_init at /src/storage.c:42"
    result.stdout.fnmatch_lines([f"*{frame}"])
    result.stdout.no_fnmatch_line("*a line of the log*")
    (case,) = junit_cases(pytester)
    (failure,) = case.findall("failure")
    assert frame in (failure.text or "")
    sentence = "The firmware panicked, in storage_init (storage.c:42)."
    assert failure.get("message") == f"hil.errors.BoardPanic: {sentence}"


def test_the_kind_of_an_error_stands_in_junit(pytester: pytest.Pytester) -> None:
    run(pytester, IN_CALL.format(error=INFRASTRUCTURE))
    (case,) = junit_cases(pytester)
    assert {(each.get("name"), each.get("value")) for each in case.iter("property")} == {
        ("hil.kind", "infrastructure")
    }


XFAILS = ("xfail", "xfail(strict=True)", "xfail(raises=AssertionError)", "xfail(raises=HilError)")
WRAPPED = {
    "a cause": f"try:\n        raise {INFRASTRUCTURE}\n"
    "    except PortBusyError as error:\n        raise RuntimeError('No inference.') from error",
    "a group": f"raise ExceptionGroup('two tasks', [{INFRASTRUCTURE}])",
}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("mark", XFAILS)
def test_an_infrastructure_error_is_expected_by_nobody(
    pytester: pytest.Pytester, phase: str, mark: str
) -> None:
    source = PHASES[phase].format(error=INFRASTRUCTURE)
    test = f"@pytest.mark.{mark}\ndef test_it("
    result = run(pytester, "import pytest\n" + source.replace("def test_it(", test))
    unexpected_pass = mark == "xfail(strict=True)" and phase == "teardown"
    assert result.ret == (1 if unexpected_pass else 10)
    assert result.parseoutcomes().get("errors") == 1
    assert "xfailed" not in result.parseoutcomes()
    assert any(case.findall("error") for case in junit_cases(pytester))


UNITTEST = """
import unittest
class TestIt(unittest.TestCase):
    @unittest.expectedFailure
    def test_it(self):
        {before}raise {error}
"""


@pytest.mark.parametrize("before", ["", "with self.subTest('a'): "], ids=["", "subtest"])
@pytest.mark.parametrize(
    ("error", "status", "outcome"),
    [(INFRASTRUCTURE, 10, "errors"), (BAD_INPUT, 4, "errors"), (PRODUCT, 0, "xfailed")],
)
def test_what_unittest_expects_is_of_the_product(
    pytester: pytest.Pytester, before: str, error: str, status: int, outcome: str
) -> None:
    result = run(pytester, UNITTEST.format(before=before, error=error))
    assert result.ret == status
    result.assert_outcomes(**{outcome: 1})
    (case,) = junit_cases(pytester)
    assert bool(case.findall("error")) == (status != 0)


def test_bad_input_is_expected_by_nobody_either(pytester: pytest.Pytester) -> None:
    source = "import pytest\n@pytest.mark.xfail" + IN_CALL.format(error=BAD_INPUT)
    assert run(pytester, source).ret == 4


@pytest.mark.parametrize("body", WRAPPED.values(), ids=WRAPPED)
def test_an_infrastructure_error_counts_whatever_it_is_wrapped_in(
    pytester: pytest.Pytester, body: str
) -> None:
    result = run(pytester, f"def test_it():\n    {body}\n")
    assert result.ret == 10
    result.assert_outcomes(errors=1)


def test_an_assertion_about_an_error_that_was_caught_is_a_failure_of_the_test(
    pytester: pytest.Pytester,
) -> None:
    source = (
        f"def test_it():\n    try:\n        raise {INFRASTRUCTURE}\n"
        "    except PortBusyError as error:\n        assert 'another' in str(error)\n"
    )
    assert run(pytester, source).ret == 1


SUBTEST = "def test_it(subtests):\n    with subtests.test('a'):\n        raise {error}\n"
needs_subtests = pytest.mark.skipif(
    not hasattr(pytest, "Subtests"), reason="pytest has subtests of its own from 9.0 on"
)


@needs_subtests
@pytest.mark.parametrize(
    ("error", "status", "tag"), [(INFRASTRUCTURE, 10, "error"), (PRODUCT, 1, "failure")]
)
def test_an_error_in_a_subtest_is_what_it_is_elsewhere(
    pytester: pytest.Pytester, error: str, status: int, tag: str
) -> None:
    result = run(pytester, SUBTEST.format(error=error))
    assert result.ret == status
    (case,) = junit_cases(pytester)
    assert {each.tag for each in case} == {"properties", tag}


REPORTER = """
import json
import pytest
seen = []
def pytest_runtest_logreport(report):
    seen.append((report.when, report.outcome))
@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    seen.append(int(session.exitstatus))
def pytest_unconfigure():
    print("SEEN", json.dumps(seen))
"""


def test_who_looks_only_at_pytests_reports_sees_an_error_and_its_exit_code(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(REPORTER)
    result = run(pytester, IN_CALL.format(error=INFRASTRUCTURE))
    seen = '[["setup", "passed"], ["setup", "failed"], ["teardown", "passed"], 10]'
    result.stdout.fnmatch_lines([f"SEEN {seen}".replace("[", "[[]")])


ANNOTATOR = """
class Annotator:
    def pytest_runtest_logreport(self, report):
        if report.when == "call" and report.failed:
            print("::error::", report.nodeid, report.longrepr.reprcrash.message)
def pytest_configure(config):
    config.pluginmanager.register(Annotator(), "annotate_errors")
"""


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("error", [INFRASTRUCTURE, BAD_INPUT, PRODUCT])
def test_who_annotates_failed_calls_alone_annotates_every_error_once(
    pytester: pytest.Pytester, phase: str, error: str
) -> None:
    pytester.makeconftest(ANNOTATOR)
    result = run(pytester, PHASES[phase].format(error=error), "-s")
    (line,) = (each for each in result.outlines if "::error::" in each)
    sentence = error.split("'")[1]
    assert line.endswith(sentence)


@pytest.mark.parametrize("mark", ["", "@pytest.mark.hil\n"])
def test_a_computer_short_of_memory_is_the_rigs_affair_where_a_board_is_needed(
    pytester: pytest.Pytester, mark: str
) -> None:
    source = f"import pytest\n{mark}def test_it():\n    raise MemoryError\n"
    result = run(pytester, source)
    assert result.ret == (10 if mark else 1)
    text = result.stdout.str()
    assert ("No memory is left for this process" in text) == bool(mark)
