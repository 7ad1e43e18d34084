# SPDX-License-Identifier: MIT
"""Results of other versions are read, or named; what is damaged is told in one sentence."""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hil.errors import BadInputError
from hil.report.report import report_page
from hil.results import Results, write_document
from hil.results.reading import read_document

OLDER = sorted((Path(__file__).parent / "older").glob("*.json"))
"""Written by the versions of hil that had these schemas, of the run in conftest.py."""

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "results.schema.json").read_text())


def refusal(path: Path) -> str:
    with pytest.raises(BadInputError) as caught:
        read_document(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_was_written_is_read(results: Results, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_document(results.document(), path)
    found = read_document(path)
    assert found["errors"] == json.loads(path.read_text())["errors"]


@pytest.mark.parametrize("path", OLDER, ids=lambda path: path.stem)
def test_an_older_document_is_brought_up_to_this_schema(path: Path) -> None:
    document = read_document(path)
    document["schema"] = SCHEMA["properties"]["schema"]["const"]
    # What older ones lack and nothing gives: a share, and how sure the figures are.
    for row in document["accuracy"].values():
        row["top5"] = row["top5"] or 0.0
    document["budgets"]["confidence"] = Results().document()["budgets"]["confidence"]
    for each in document["latency"]:
        for figures in each["stages_us"].values():
            figures["effective"] = figures["n"]
    for verdict in document["budgets"]["verdicts"]:
        for check in verdict["checks"]:
            check["certain"] = "undecided"
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


@pytest.mark.parametrize("path", OLDER, ids=lambda path: path.stem)
def test_an_older_document_can_be_drawn(path: Path) -> None:
    page = report_page(read_document(path), path.parent)
    assert "labrador" in page
    assert "1.018" in page  # the limit of the transfer's p95, in milliseconds


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ("hil-results-1", "reads hil-results-3 and later"),
        ("hil-results-2", "reads hil-results-3 and later"),
        ("hil-results-99", "newer than this version of hil"),
        ("hil-selftest-1", "is no results file"),
        (None, "is no results file"),
        (6, "is no results file"),
    ],
)
def test_another_version_is_named(tmp_path: Path, schema: object, told: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"schema": schema}))
    assert told in refusal(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_document_that_was_cut_off_is_told(
    results: Results, tmp_path: Path, share: float
) -> None:
    path = tmp_path / "results.json"
    write_document(results.document(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "is cut off or no JSON" in refusal(path)


@pytest.mark.parametrize("text", ["[1, 2]", "7", '{"schema": []}'])
def test_other_json_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    assert "is no results file" in refusal(path)


def test_other_bytes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8" in refusal(path)
    path.write_text("[" * 100_000)
    assert "nested" in refusal(path)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "none.json")
    assert "it is a directory" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "it is a pipe" in refusal(tmp_path / "pipe")


@pytest.mark.parametrize("schema", ["hil-results-3", "hil-results-5"])
@pytest.mark.parametrize("section", ["run", "photos", "budgets", "tests", "inferences"])
def test_a_missing_section_is_told(
    results: Results, tmp_path: Path, section: str, schema: str
) -> None:
    document: dict[str, Any] = {**results.document(), "schema": schema}
    del document[section]
    path = tmp_path / "results.json"
    write_document(document, path)
    assert "does not hold what its schema says" in refusal(path)
