# SPDX-License-Identifier: MIT
"""``hil split``: list the legal cuts of a model, or cut it and prove the cut exact."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from hil.cli.cuts.options import Asked, cut_options
from hil.cli.cuts.sweep import run_chain, run_sweep
from hil.cli.shared.chosen import ChosenRig, load_model
from hil.cli.shared.options import range_option, rig_options
from hil.cli.shared.saying import say, say_folded
from hil.errors import BadInputError
from hil.host.activity import Step, doing
from hil.host.columns import Column, lay_out
from hil.host.printable import printable
from hil.host.terminal import columns
from hil.model.array import Array
from hil.model.inputs.photos import Photo, load_photos
from hil.model.manifest import (
    MANIFEST_NAME,
    FileEntry,
    SplitManifest,
    sha256,
    write_directory,
)
from hil.model.model import Model
from hil.model.prove import Prover, random_inputs
from hil.model.split import Cut, Cuts, Split
from hil.resources import resource
from hil.shortage import shortage

RANDOM_INPUTS = 8

_COLUMNS = (
    Column("index", right=True),
    Column("name", folds=True),
    Column("bytes", right=True),
    Column("head MACs", right=True),
    Column("head size", right=True),
    Column("tail size", right=True),
    Column("operator", rank=2),
    Column("tensor", rank=1, folds=True),
)


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--list", "listing", is_flag=True, help="List every legal cut.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all but --at.")
@click.option("--at", metavar="NAME_OR_INDEX", help="Cut after this tensor, layer or operator.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory for head.tflite, tail.tflite and manifest.json.",
)
@click.option(
    "--photos",
    type=click.Path(file_okay=False, path_type=Path),
    help="Photos for the proof, instead of those that come with hil.",
)
@range_option
@cut_options
@rig_options
def split(
    model: Path,
    asked: Asked,
    rig: ChosenRig,
    listing: bool,
    as_json: bool,
    at: str | None,
    output: Path | None,
    photos: Path | None,
    value_range: str | None,
) -> None:
    """Show where MODEL can be cut (--list), what that costs (--sweep), or cut it (--at ... -o ...).

    MODEL is a .tflite file or a model directory. A cut is written only after head and tail have
    given the full model's output, bit for bit, on random inputs and, if it takes photos, on these.

    --sweep predicts the times of each cut by the models of the virtual board, or measures them on
    the --board that is named, virtual or real, putting one head after the other on it. --devices
    finds the best chain of N boards before the edge server. docs/cuts.md says how.
    """
    asked.check()
    if asked.sweep or asked.devices is not None:
        if listing or any((at, output, photos, value_range)):
            raise click.UsageError("--sweep and --devices list and write nothing else.")
        way = run_sweep if asked.sweep else run_chain
        way(Model.load(model), asked, rig, as_json=as_json)
        return
    if listing == (at is not None):
        raise click.UsageError("Give --list, --sweep, --devices, or --at together with -o.")
    if listing:
        if output is not None:
            raise click.UsageError("--list writes nothing; leave -o out.")
        cuts = Model.load(model).cuts
        if as_json:
            say(json.dumps(_tree(cuts), indent=2))
        else:
            _print_table(cuts)
        return
    if output is None or as_json:
        raise click.UsageError("--at needs -o DIR and takes no --json.")
    _refuse_foreign(output)
    loaded = load_model(model, value_range)
    assert at is not None
    parts = loaded.split(at)
    pictures = _pictures(loaded, photos)
    _prove(loaded, parts, pictures)
    manifest = SplitManifest(
        model=loaded.name,
        model_sha256=sha256(loaded.int8),
        model_id=parts.model_id,
        cut_index=parts.cut.index,
        cut_tensor=parts.cut.tensor_name,
        activation_bytes=parts.cut.bytes,
        head=FileEntry("head.tflite", sha256(parts.head)),
        tail=FileEntry("tail.tflite", sha256(parts.tail)),
        proven_random=RANDOM_INPUTS,
        proven_photos=tuple(photo.name for photo in pictures),
    )
    _replace_directory(output, parts, manifest)
    say_folded(
        f"{output}: head {len(parts.head):,} bytes, tail {len(parts.tail):,} bytes, "
        f"{parts.cut.bytes:,} bytes cross after {parts.cut.short_name}; exact on "
        f"{RANDOM_INPUTS} random inputs and {len(pictures)} photos"
    )


def _pictures(model: Model, directory: Path | None) -> list[Photo]:
    """Return the photos for the proof; none for a model that is not known to take photos.

    Raises:
        BadInputError: photos were named, and the model takes none.
    """
    try:
        model.scaling  # noqa: B018 - refuses what takes no photos
    except BadInputError:
        if directory is not None:
            raise
        return []
    return load_photos(directory or resource("photos"))


def _tree(cuts: Cuts) -> list[dict[str, object]]:
    """Return the cuts as JSON objects; MACs are per inference, sizes in bytes."""
    return [
        {
            "index": cut.index,
            "name": cut.short_name,
            "tensor": cut.tensor_name,
            "operator": cut.operator,
            "shape": list(cut.shape),
            "dtype": cut.dtype,
            "bytes": cut.bytes,
            "head_macs": cut.head_macs,
            "tail_macs": cut.tail_macs,
            "head_bytes": cut.head_bytes,
            "tail_bytes": cut.tail_bytes,
        }
        for cut in cuts
    ]


def _print_table(cuts: Cuts) -> None:
    rows = [[printable(cell) for cell in _row(cut)] for cut in cuts]
    table = lay_out(_COLUMNS, rows, columns())
    say("\n".join(table.lines))
    caption = f"{len(cuts)} legal cuts of {len(cuts.operators)} operators"
    if cuts.stateful:
        caption += "; it has state, which every inference begins afresh"
    if table.dropped:
        caption += f" (no room for: {', '.join(table.dropped)}; --json has them)"
    say()
    say_folded(caption)


def _row(cut: Cut) -> tuple[str, ...]:
    share = cut.head_macs / max(1, cut.head_macs + cut.tail_macs)
    macs = f"{cut.head_macs / 1e6:.1f} M ({share:4.0%})"
    sizes = (f"{cut.head_bytes:,}", f"{cut.tail_bytes:,}")
    name = cut.tensor_name.partition(";")[0]
    return str(cut.index), cut.short_name, f"{cut.bytes:,}", macs, *sizes, cut.operator, name


def _prove(model: Model, parts: Split, photos: list[Photo]) -> None:
    with doing("proving the cut exact", RANDOM_INPUTS + len(photos)) as step:
        Prover(model.int8).prove(parts, _inputs(model, photos, step))


def _inputs(model: Model, photos: Iterable[Photo], step: Step) -> Iterator[tuple[str, Array]]:
    for number, x in enumerate(random_inputs(model.inputs, RANDOM_INPUTS)):
        yield f"random input {number}", x
        step.advance()
    for photo in photos:
        yield photo.name, model.preprocess(photo.open())
        step.advance()


def _refuse_foreign(output: Path) -> None:
    """Refuse to replace anything but an empty directory or an earlier split."""
    if output.is_dir() and any(output.iterdir()):
        try:
            SplitManifest.load(output / MANIFEST_NAME)
        except BadInputError as error:
            raise BadInputError(
                f"{output} holds something other than a split; name another directory."
            ) from error


def _replace_directory(output: Path, parts: Split, manifest: SplitManifest) -> None:
    """Put the complete directory in place by renaming it, so that none is ever half-written."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as staging:
            complete = Path(staging) / "new"
            files = {manifest.head.name: parts.head, manifest.tail.name: parts.tail}
            write_directory(complete, files, manifest)
            if output.exists():
                output.rename(Path(staging) / "old")
            complete.rename(output)
    except OSError as error:
        if (told := shortage(error)) is not None:
            raise told from error
        raise BadInputError(
            f"{output} cannot be written ({error.strerror}); name another directory."
        ) from error
