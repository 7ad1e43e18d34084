# SPDX-License-Identifier: MIT
"""Names that are long, no UTF-8, or hold what a terminal obeys: cut and written all the same."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from flatmodel import Writer
from operator_case import reshape

from hil.cli.split import split as split_command
from hil.inference.part import ModelPart
from hil.model.manifest import SplitManifest
from hil.model.model import Model
from hil.protocol.slot import SlotHeader, fitting

ODD = {
    "long": b"model/" + b"x" * 400 + b"/Relu",
    "not UTF-8": b"caf\xe9/\xff\xfe",
    "control characters": b"a\x1b[31mred\x07\n\r\x00b".replace(b"\x00", b"\x01"),
    "markup": b"[/red][bold]x",
    "bidirectional": "a\u202eb\u2066c".encode(),
    "two bytes a letter": "ü".encode() * 100,
}


@pytest.fixture(params=ODD)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a model all of whose tensors have an odd name."""
    writer = Writer()
    graph = writer.graph()
    numbers = [graph.tensor((1, 4), "float32") for _ in range(3)]
    for number in numbers:
        graph._graph.tensors[number].name = ODD[request.param]
    reshape(graph, numbers[0], numbers[1], (1, 4))
    graph.operator("RELU", [numbers[1]], [numbers[2]])
    graph.ends([numbers[0]], [numbers[2]])
    file = tmp_path / "odd.tflite"
    file.write_bytes(writer.finish())
    return file


def test_a_cut_is_listed_written_and_fits_in_a_slot(path: Path, tmp_path: Path) -> None:
    listed = CliRunner().invoke(split_command, [str(path), "--list"])
    assert listed.exit_code == 0, listed.output
    assert "\x1b" not in listed.output
    out = tmp_path / "out"
    done = CliRunner().invoke(split_command, [str(path), "--at", "0", "-o", str(out)])
    assert done.exit_code == 0, done.output
    model = Model.load(path)
    (cut,) = model.cuts
    assert SplitManifest.load(out / "manifest.json").cut_tensor == cut.tensor_name
    part = ModelPart.of(model, cut.short_name, "head")
    header = SlotHeader.parse(part.slot_file(1 << 20))
    assert header.cut == part.slot_cut
    assert header.cut.isprintable()


def test_a_name_that_does_not_fit_ends_with_the_models_id() -> None:
    assert fitting("short", 64, 0xABC) == "short"
    long = fitting("ü" * 70, 64, 0xABC)
    assert long == "ü" * 27 + "~00000abc"
    assert len(long.encode()) == 63
    assert fitting("\x1b[0m", 64, 1) == "\\x1b[0m"
