# SPDX-License-Identifier: MIT
"""The matrix of a selftest, as a document and as a table."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from hil.selftest.matrix import Row, Unmodified, document, exit_status, table
from hil.selftest.mutant import Mutant
from hil.selftest.running import Failure
from hil.selftest.verdict import Verdict

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "selftest.schema.json").read_text())
UNMODIFIED = Unmodified("0.1.0", "ab" * 32, 31.25)
MUTANT = Mutant("07-stale-result", "It takes an old one.", "identity", "", "stale-result", "")
FAILURE = Failure("hil/suite/test_a.py::test_x[udp]", "stale-result", "product", "udp: an old one")
PANIC = Failure("hil/suite/test_b.py::test_y", "board-panic", "product", "it panicked")

CAUGHT = Row(MUTANT, Verdict.CAUGHT, FAILURE, build_s=2.0, run_s=10.25)
MISSED = Row(MUTANT, Verdict.MISSED, build_s=2.0, run_s=50.0)
MISNAMED = Row(MUTANT, Verdict.MISNAMED, PANIC, blamed_rig=3)
UNUSABLE = Row(MUTANT, Verdict.UNUSABLE, reason="it does not apply: no such file")


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([CAUGHT, CAUGHT], 0),
        ([CAUGHT, MISSED], 1),
        ([CAUGHT, MISNAMED], 1),
        ([MISSED, UNUSABLE], 2),
    ],
)
def test_the_exit_status_is_that_of_the_worst(rows: list[Row], status: int) -> None:
    assert exit_status(rows) == status
    assert document(rows, UNMODIFIED, 1.0)["exit_status"] == status


def test_the_document_follows_its_schema() -> None:
    matrix = document([CAUGHT, MISSED, MISNAMED, UNUSABLE], UNMODIFIED, 99.94)
    jsonschema.validate(matrix, SCHEMA)
    assert json.loads(json.dumps(matrix)) == matrix
    assert matrix["verdicts"]["caught"] == 1
    assert matrix["mutants"][0]["message"] == "udp: an old one"
    assert (matrix["mutants"][2]["seen"], matrix["mutants"][2]["symptom"]) == (
        "board-panic",
        "stale-result",
    )


def test_the_schema_knows_every_verdict() -> None:
    assert SCHEMA["$defs"]["verdict"]["enum"] == [each.value for each in Verdict]


def test_the_table_says_what_caught_a_mutant_and_why_another_was_not() -> None:
    lines = table(document([CAUGHT, MISNAMED, UNUSABLE], UNMODIFIED, 99.6), 160)
    assert lines == [
        "mutant           family    verdict   symptom          s  by test",
        "07-stale-result  identity  caught    stale-result  12.2  test_a.py::test_x[udp]",
        "    udp: an old one",
        "07-stale-result  identity  misnamed  stale-result   0.0  test_b.py::test_y",
        "    It takes an old one.",
        "    board-panic: it panicked",
        "    tests that blamed the rig: 3",
        "07-stale-result  identity  unusable  stale-result   0.0",
        "    It takes an old one.",
        "    it does not apply: no such file",
        "",
        "3 mutants: 1 caught, 1 misnamed, 1 unusable; 100 s",
    ]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_table_fits_and_says_the_same_words(width: int) -> None:
    matrix = document([CAUGHT, MISNAMED, UNUSABLE], UNMODIFIED, 99.6)
    lines = table(matrix, width)
    assert [line for line in lines if len(line) > width] == []
    wide = " ".join(table(matrix, 300))
    assert words(" ".join(lines)) <= words(wide)


def words(text: str) -> set[str]:
    """Return the words of a text; a name may go on in the next line behind a separator."""
    return set(re.split(r"\s+|(?<=[/:;])(?=[^/:;\s])", text))
