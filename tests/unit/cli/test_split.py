# SPDX-License-Identifier: MIT
"""The command ``hil split``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from hil.cli.split import split
from hil.errors import BadInputError
from hil.model.manifest import SplitManifest, sha256
from hil.model.model import Model

TINY = Path(__file__).parents[3] / "models" / "tiny"


def _run(*arguments: object) -> Result:
    result = CliRunner().invoke(split, [str(argument) for argument in arguments])
    if isinstance(result.exception, BadInputError):
        raise result.exception
    return result


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    directory = tmp_path / "photos"
    directory.mkdir()
    for shade in (10, 200):
        Image.new("RGB", (64, 40), (shade, 90, 30)).save(directory / f"{shade}.png")
    return directory


def test_the_list_shows_every_legal_cut(tiny: Model) -> None:
    result = _run(TINY, "--list")
    assert result.exit_code == 0
    assert "20 legal cuts of 35 operators" in result.output
    for cut in tiny.cuts:
        assert f"{cut.bytes:,}" in result.output


def test_the_list_as_json_gives_figures(tiny: Model) -> None:
    rows = json.loads(_run(TINY / "full_int8.tflite", "--list", "--json").output)
    assert [row["index"] for row in rows] == [cut.index for cut in tiny.cuts]
    row = next(row for row in rows if row["name"] == "block_2_add")
    assert (row["bytes"], row["shape"], row["operator"]) == (1728, [1, 12, 12, 12], "ADD")
    assert row["head_bytes"] == len(tiny.split("block_2_add").head)


def test_a_cut_is_proven_and_written_with_its_manifest(
    tiny: Model, tmp_path: Path, photos: Path
) -> None:
    output = tmp_path / "deep" / "out"
    result = _run(TINY, "--at", "block_2_add", "-o", output, "--photos", photos)
    assert result.exit_code == 0, result.output
    assert "exact on 8 random inputs and 2 photos" in " ".join(result.output.split())
    assert sorted(p.name for p in output.iterdir()) == [
        "head.tflite",
        "manifest.json",
        "tail.tflite",
    ]
    manifest = SplitManifest.load(output / "manifest.json")
    expected = tiny.split("block_2_add")
    assert manifest.head.read(output) == expected.head
    assert manifest.tail.read(output) == expected.tail
    assert manifest.model_id == expected.model_id
    assert manifest.model_sha256 == sha256(tiny.int8)
    assert manifest.proven_photos == ("10.png", "200.png")
    assert sorted(p.name for p in output.parent.iterdir()) == ["out"]


def test_an_earlier_split_is_replaced(tmp_path: Path, photos: Path) -> None:
    output = tmp_path / "out"
    for at in ("block_2_add", "block_3_project"):
        _run(TINY, "--at", at, "-o", output, "--photos", photos)
    assert SplitManifest.load(output / "manifest.json").cut_index == 14


def test_a_directory_of_other_things_is_left_alone(tmp_path: Path, photos: Path) -> None:
    with pytest.raises(BadInputError, match="something other than a split"):
        _run(TINY, "--at", 14, "-o", photos, "--photos", photos)
    assert len(list(photos.iterdir())) == 2


@pytest.mark.parametrize(
    ("model", "at", "sentence"),
    [
        (TINY, "block_2_project", "nearest legal cuts are block_2_add"),
        (TINY / "labels.txt", "0", "not a .tflite file"),
        (TINY / "absent.tflite", "0", "cannot be read"),
    ],
)
def test_bad_input_writes_nothing(model: Path, at: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=sentence):
        _run(model, "--at", at, "-o", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_inexact_split_is_not_written(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise BadInputError("The split is not exact.")

    monkeypatch.setattr("hil.cli.split.Prover.prove", refuse)
    with pytest.raises(BadInputError, match="not exact"):
        _run(TINY, "--at", 14, "-o", tmp_path / "out", "--photos", photos)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments", [(), ("--list", "--at", "1"), ("--at", "1"), ("--list", "-o", "x")]
)
def test_contradicting_options_are_refused(arguments: tuple[str, ...]) -> None:
    assert _run(TINY, *arguments).exit_code == 2
