# SPDX-License-Identifier: MIT
"""The results document follows its schema, whatever a run has or has not seen."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hil.model.accuracy import AgreementLimit, AgreementLimits
from hil.results import Results, write_document
from hil.results.document import board_name

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "results.schema.json").read_text())


def check(document: Any) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(document)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_an_empty_run_is_valid() -> None:
    document = Results().document()
    check(document)
    assert document["run"]["outcome"] == "running"


def test_a_run_with_everything_is_valid(results: Results) -> None:
    document = results.document()
    check(document)
    assert document["run"]["outcome"] == "failed"


@pytest.mark.parametrize(
    ("section", "key"), [("run", "started"), ("board", "mac"), ("agreement", "with")]
)
def test_the_schema_notices_a_missing_field(results: Results, section: str, key: str) -> None:
    document = results.document()
    del document[section][key]
    with pytest.raises(jsonschema.ValidationError):
        check(document)


def test_the_schema_notices_an_unknown_field(results: Results) -> None:
    document = results.document()
    document["inferences"][0]["stages_us"]["teleport"] = 1
    with pytest.raises(jsonschema.ValidationError):
        check(document)


def test_verdicts_are_in_the_document_with_the_test_that_measured(results: Results) -> None:
    verdicts = {each["stage"]: each for each in results.document()["budgets"]["verdicts"]}
    assert verdicts["transfer"]["nodeid"] == "t.py::test_a"
    assert verdicts["transfer"]["outcome"] == "marginal"
    assert verdicts["total"]["outcome"] == "pass"
    assert verdicts["loss"]["checks"][0]["value"] == 1 / 41
    assert verdicts["rtt_small"]["outcome"] == "no_budget"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(0, "passed"), (1, "failed"), (2, "interrupted"), (4, "bad_input"), (10, "infrastructure")],
)
def test_the_exit_status_is_named(status: int, outcome: str) -> None:
    assert Results(exit_status=status).document()["run"]["outcome"] == outcome


def test_agreement_is_not_judged_below_the_minimum() -> None:
    results = Results(limits=AgreementLimits(2, AgreementLimit(1.0, 1.0)))
    for name in ("a", "b"):
        assert not results.agreement().get("xnnpack", {}).get("judged", False)
        results.predict(name, "board", (1, 2))
        results.predict(name, "xnnpack", (2, 1))
    row = results.agreement()["xnnpack"]
    assert row["judged"]
    assert row["passed"] is False


def test_agreement_without_a_budget_is_only_reported(results: Results) -> None:
    assert results.agreement()["full"]["limit"] is None
    assert results.agreement()["full"]["passed"] is None


def test_what_is_known_of_a_photo_adds_up(results: Results) -> None:
    results.photo("dog.jpg", "labrador", 7)
    (photo,) = results.document()["photos"]
    assert set(photo["judgements"]) == {"transport", "composition", "kernel", "full"}
    assert photo["label_id"] == 7


def test_writing_replaces_the_file_and_leaves_no_other(results: Results, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "results.json"
    write_document(Results().document(), path)
    write_document(results.document(), path)
    assert json.loads(path.read_text())["board"]["mac"] == "02:00:00:00:00:01"
    assert [each.name for each in path.parent.iterdir()] == ["results.json"]


def test_a_failed_write_leaves_the_old_file(results: Results, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_document(results.document(), path)
    before = path.read_text()
    results.predict("dog.jpg", "board", (float("nan"),))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="JSON"):
        write_document(results.document(), path)
    assert path.read_text() == before


def test_every_row_says_of_which_board_it_is(results: Results) -> None:
    def names() -> set[str | None]:
        document = results.document()
        budgets = document["budgets"]
        lists = ("flash", "photos", "inferences", "lost", "round_trips", "latency", "errors")
        rows = [row for name in (*lists, "tests") for row in document[name]]
        rows += [*budgets["verdicts"], *budgets["measured"], document["history"]]
        assert document["boards"] in ([document["board"]], [])
        return {row["board"] for row in rows}

    assert names() == {"virtual"}
    results.named = "bench-3"
    assert names() == {"bench-3"}
    assert results.document()["board"]["name"] == "bench-3"
    results.named, results.board = "", None
    assert names() == {None}


def test_a_board_without_a_name_is_called_by_its_address() -> None:
    assert board_name("usb", "7c:df:a1:00:00:01") == "7c:df:a1:00:00:01"
    assert board_name("virtual", "02:48:49:4c:00:01") == "virtual"


def test_what_is_advisory_is_kept_apart(results: Results) -> None:
    sure = results.document()["latency"]
    results.inferences += [
        dataclasses.replace(each, advisory=True) for each in results.inferences[:5]
    ]
    document = results.document()
    check(document)
    assert [each for each in document["latency"] if not each["advisory"]] == sure
    (advisory,) = (each for each in document["latency"] if each["advisory"])
    assert advisory["stages_us"]["total"]["n"] == 5
