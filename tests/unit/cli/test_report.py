# SPDX-License-Identifier: MIT
"""The command ``hil report``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from made_runs import make_run

from hil.cli.report import report
from hil.errors import BadInputError
from hil.results import Results, write_document


def _run(*arguments: object) -> Result:
    result = CliRunner().invoke(report, [str(each) for each in arguments], standalone_mode=False)
    if isinstance(result.exception, BadInputError):
        raise result.exception
    return result


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "results.json"
    write_document(Results(exit_status=0).document(), path)
    return path


def test_the_page_is_made_beside_the_results(results: Path) -> None:
    result = _run(results)
    page = results.with_name("index.html")
    assert result.output == f"{page}: Passed\n"
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_a_directory_stands_for_the_results_in_it(results: Path, tmp_path: Path) -> None:
    assert _run(results.parent, "-o", tmp_path / "out").return_value == 0
    assert (tmp_path / "out" / "index.html").exists()


def test_it_can_be_made_again(results: Path) -> None:
    _run(results)
    assert _run(results).return_value == 0


def test_as_json_it_says_where_it_is_and_the_verdict(results: Path) -> None:
    told = json.loads(_run(results, "--json").output)
    assert told["page"] == str(results.with_name("index.html"))
    assert (told["outcome"], told["headline"]) == ("passed", "Passed")


def test_somebody_elses_page_is_not_overwritten(results: Path) -> None:
    page = results.with_name("index.html")
    page.write_text("<html>mine</html>")
    with pytest.raises(BadInputError, match="is not a report of hil"):
        _run(results)
    assert page.read_text() == "<html>mine</html>"


def test_a_place_that_cannot_be_written_to_is_told(results: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInputError, match=r"cannot be written \(.*\); name another directory"):
        _run(results, "-o", tmp_path / "file" / "deeper")


def test_two_runs_are_compared_and_the_exit_code_says_whether_one_is_worse(
    tmp_path: Path,
) -> None:
    paths = []
    for number, shift in enumerate((0, 1_000)):
        run = make_run(tmp_path, photos=2, rounds=40, links=("udp",), shift_us=shift, seed=number)
        paths.append(tmp_path / f"{number}.json")
        write_document(run.document(), paths[-1])
    output = ("-o", tmp_path / "out")
    slower = _run("--compare", *paths, *output)
    assert slower.return_value == 1
    first, *points = slower.output.splitlines()
    assert first == f"{tmp_path}/out/index.html: Something is worse, beyond noise"
    assert any(point.startswith("  udp transfer is ") for point in points)
    assert _run("--compare", *reversed(paths), *output).return_value == 0
    told = json.loads(_run("--compare", *paths, *output, "--json").output)
    assert told["worse"] is True
    assert {each["outcome"] for each in told["stages"]} == {"slower", "same"}


def test_one_results_is_drawn_and_two_are_compared(results: Path) -> None:
    assert "--compare puts two side by side" in str(_run(results, results).exception)
    assert "--compare takes two results" in str(_run("--compare", results).exception)
