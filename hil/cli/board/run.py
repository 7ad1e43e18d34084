# SPDX-License-Identifier: MIT
"""``hil run``: classify photos, or infer on other inputs, end to end."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hil.cli.shared.chosen import ChosenContent, ChosenInputs, ChosenRig
from hil.cli.shared.connected import connected, describe, trusted
from hil.cli.shared.options import (
    content_options,
    input_options,
    json_option,
    rig_options,
    via_option,
)
from hil.cli.shared.saying import say, say_folded
from hil.errors import BadInputError, ProductFailure
from hil.host.activity import doing
from hil.host.columns import Column, lay_out
from hil.host.printable import printable
from hil.host.terminal import columns

if TYPE_CHECKING:
    from hil.board.board import Board
    from hil.inference.inference import Inference, Prediction
    from hil.inference.judgement import Judgement
    from hil.model.inputs.photos import Photo
    from hil.model.inputs.samples import Sample

_RESULT = (
    Column("score", right=True),
    Column("class", folds=True),
    Column("stage"),
    Column("time", right=True),
)


@click.command()
@click.argument("photos", nargs=-1, type=click.Path(path_type=Path))
@rig_options
@content_options
@input_options
@via_option
@json_option
def run(
    photos: tuple[Path, ...],
    rig: ChosenRig,
    content: ChosenContent,
    given: ChosenInputs,
    via: str,
    as_json: bool,
) -> None:
    """Classify photos on a board that runs the head, with the tail on this host or on the peer.

    PHOTOS are image files or directories of them; what is no photo is given by --input. What
    differs on the board is flashed first. Of each input the best five classes are shown, the time
    of every stage by the board's own clock, and whether the split model did what the full one does.
    Exits with 1 if one did not.
    """
    if not photos and not given.inputs:
        raise click.UsageError("Give photos, or other inputs by --input.")
    pictures = list(_photos(photos))
    found = rig.find()
    loaded = content.load(given.value_range)
    scaling = str(loaded.model.scaling) if pictures else None
    listed = [*pictures, *given.load(loaded.model)]
    results = []
    with connected(found, loaded, via) as (opened, report):
        if not as_json:
            say_folded(describe(opened))
            tail = ", tail on the peer" if found.peer else ""
            say_folded(
                f"{opened.info.name} cut after {opened.info.cut}, over {via}, {trusted(opened)}"
                f"{tail}"
            )
            if opened.part.model.stateful:
                say("the model has state, which every inference begins afresh")
            if scaling and not scaling.endswith("by the manifest"):
                say_folded(scaling)
        for photo in listed:
            with doing(f"inferring on {photo.name}"):
                inference, judgement = _classify(opened, photo)
            results.append((photo, inference, judgement))
            if not as_json:
                _print_result(photo, inference, judgement, opened.info.kernels)
        info, link = opened.info, trusted(opened)
    if as_json:
        document = {
            "board": asdict(info),
            "authenticated": link == "authenticated",
            "flash": asdict(report),
            "scaling": scaling,
            "photos": [_as_json(*result, info.kernels) for result in results],
        }
        say(json.dumps(document))
    failed = [
        printable(photo.name) for photo, _, judged in results if not _as_due(judged, info.kernels)
    ]
    if failed:
        raise ProductFailure(
            f"On {len(failed)} of {len(results)} inputs the split model is not what the full one "
            f"is: {', '.join(failed)}"
        )


def _photos(paths: Sequence[Path]) -> "Iterator[Photo]":
    from hil.model.inputs.photos import Photo, load_photos

    for path in paths:
        if path.is_dir():
            yield from load_photos(path)
        elif path.is_file():
            photo = Photo(path, path.name)
            photo.open()  # refuse what is no image before anything is flashed
            yield photo
        elif path.exists():
            raise BadInputError(f"The photo {path} is no file; name another.")
        else:
            raise BadInputError(f"The photo {path} does not exist; name another.")


def _classify(board: "Board", photo: "Sample") -> "tuple[Inference, Judgement]":
    from hil.inference.judgement import judge

    part = board.part
    assert part.cut is not None
    x = part.input_tensor(photo)
    inference = board.infer(x)
    return inference, judge(inference, part.model, part.cut, x)


def _as_due(judgement: "Judgement", kernels: str) -> bool:
    """Whether what must be exact is: the kernels only where they are the reference ones."""
    exact = judgement.transport.exact and judgement.composition.exact
    return exact and (judgement.kernel.exact or kernels != "reference")


def _print_result(
    photo: "Sample", inference: "Inference", judgement: "Judgement", kernels: str
) -> None:
    stages = inference.stages
    named = {
        "load": stages.load_us,
        "head": stages.invoke_us,
        "transfer": stages.transfer_us,
        "edge": stages.edge_us,
        "total": stages.total_us,
    }
    labels = [printable(entry.label) for entry in inference.top5]
    classes = list(zip(scores_of(inference.top5), labels, strict=True))
    times = [(name, f"{value / 1000:.2f} ms") for name, value in named.items()]
    rows = [(*one, *other) for one, other in zip_longest(classes, times, fillvalue=("", ""))]
    say()
    say(printable(photo.name), bold=True)
    say("\n".join(lay_out(_RESULT, rows, columns(), heading=False).lines))
    word = "simulated" if inference.simulated else "measured by the board"
    say_folded(f"times {word}; {_agreement(judgement, kernels)}")


def scores_of(top5: "Sequence[Prediction]") -> list[str]:
    """Return scores as a person reads them: shares if all can be that, else the values."""
    shares = all(0.0 <= each.score <= 1.0 for each in top5)
    return [f"{each.score:.1%}" if shares else f"{each.score:.4g}" for each in top5]


def _agreement(judgement: "Judgement", kernels: str) -> str:
    """Say in a sentence whether the split model did what the full one does."""
    if judgement.transport.exact and judgement.composition.exact and judgement.kernel.exact:
        return "output identical to the full model's"
    if _as_due(judgement, kernels):
        return f"the board's own kernels differ from the full model: {judgement.kernel.message}"
    verdicts = (judgement.transport, judgement.composition, judgement.kernel)
    wrong = [verdict.message for verdict in verdicts if not verdict.exact]
    return f"NOT what the full model does: {'; '.join(wrong)}"


def _as_json(
    photo: "Sample", inference: "Inference", judgement: "Judgement", kernels: str
) -> dict[str, Any]:
    return {
        "photo": str(photo.path),
        "name": photo.name,
        "label": photo.label,
        "top5": [asdict(entry) for entry in inference.top5],
        "simulated": inference.simulated,
        "stages": {**asdict(inference.stages), "transfer_us": inference.stages.transfer_us},
        "via": inference.via,
        "wire": asdict(inference.wire) if inference.wire else None,
        "host": asdict(inference.host),
        "agrees": _as_due(judgement, kernels),
        "judgement": asdict(judgement),
    }
