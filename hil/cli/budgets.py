# SPDX-License-Identifier: MIT
"""``hil budgets``: limits for this rig."""

import itertools
import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hil.cli.shared.chosen import ChosenContent, ChosenInputs, ChosenRig
from hil.cli.shared.options import content_options, input_options, json_option, rig_options
from hil.cli.shared.saying import say, say_folded
from hil.errors import BadInputError, EdgeError
from hil.host.activity import doing
from hil.shortage import shortage

if TYPE_CHECKING:
    from hil.budgets import Samples, Section
    from hil.budgets.writing import Change
    from hil.model.inputs.samples import Sample
    from hil.pytestplugin.bench.recording import RecordingBoard
    from hil.rig.rig import Rig


@click.group()
def budgets() -> None:
    """Latency budgets: the limits in budgets.toml."""


@budgets.command()
@rig_options
@content_options
@input_options
@click.option("--via", help="Links with commas between them; default: all that the rig has.")
@click.option(
    "--margin", default="20%", show_default=True, help="What limits have above the figures."
)
@click.option(
    "--rounds", type=int, default=20, show_default=True, help="Rounds per link, at least 20."
)
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default="budgets.toml",
    show_default=True,
    help="Budget file; a new one begins as the one that comes with hil.",
)
@json_option
def learn(
    rig: ChosenRig,
    content: ChosenContent,
    given: ChosenInputs,
    via: str | None,
    margin: str,
    rounds: int,
    path: Path,
    as_json: bool,
) -> None:
    """Measure this rig and write its latency budgets.

    What differs on the board is flashed first. Over each link every round is an inference, a small
    round trip and one of the activation's size. The limits are for this model and cut: p50, p95 and
    maximum of each stage with the margin, and loss; p99 and goodput only where the file has them,
    for p99 asks 100 rounds of every run. Comments and all else in the file stay as they are. With
    --link the limits are those of the links that the file shapes, in a section of their own; of
    each stage it has the median, since chance decides which rounds are slow, and other limits where
    the file has them already.
    """
    from hil.budgets import Budgets, Section
    from hil.budgets.file import FILE_NAME
    from hil.budgets.learning import learn as make_limits
    from hil.budgets.reading import share
    from hil.budgets.section import shape_name
    from hil.budgets.spread import ROUNDS
    from hil.budgets.writing import write_limits
    from hil.cli.shared.connected import connected
    from hil.model.inputs.photos import default_photos, load_photos
    from hil.pytestplugin.bench.recording import RecordingBoard
    from hil.resources import resource

    if rounds < ROUNDS["p95"]:
        raise BadInputError(
            f"--rounds is {rounds}, but p95 needs {ROUNDS['p95']} rounds; give at least as many."
        )
    extra = share(_percentage(margin), "--margin", "hil budgets learn")
    _check_writable(path)
    source = path if path.exists() else resource(FILE_NAME)
    known = Budgets.load(source)
    text = source.read_text(encoding="utf-8")
    found = rig.find()
    shape = shape_name(rig.link.stem, found.shaping or {}) if rig.link else ""
    links = _links(found, via)
    loaded = content.load(given.value_range)
    if given.inputs:
        samples: list[Sample] = [*given.load(loaded.model)]
    else:
        loaded.model.scaling  # noqa: B018 - refuses a model that takes no photos
        samples = [*load_photos(default_photos())]
    board, changed = "", {}
    for name in links:
        with connected(found, loaded, name, RecordingBoard) as (opened, _):
            assert isinstance(opened, RecordingBoard)
            section = _section(opened, shape)
            board = section.board
            before = known.link(section, name)
            title = known.section(section, name)
            if Section.parse(title) in (None, replace(section, model="")):
                title = str(section)  # what stands for any model stays as it is
            if rounds < before.rounds:
                raise BadInputError(
                    f"{before.source} has limits that need {before.rounds} rounds, and --rounds is "
                    f"{rounds}; give as many, or take these limits out."
                )
            with doing(f"rounds over {name}", rounds) as step:
                measured = _measure(opened, samples, rounds, step.advance)
        _check_answers(name, measured, rounds)
        limits = make_limits(measured, extra, before, chance=bool(shape))
        text, changes = write_limits(text, title, name, limits)
        changed[f"{title}.{name}"] = changes
    _replace(path, text)
    if as_json:
        listed = {
            name.rpartition(".")[2]: list(map(asdict, changes)) for name, changes in changed.items()
        }
        of = next(iter(changed)).rpartition(".")[0]
        head = {"file": str(path), "board": board, "section": f"latency.{of}", "rounds": rounds}
        head["margin"] = extra
        say(json.dumps({**head, "links": listed}))
    else:
        simulated = ", simulated" if board.startswith("virtual") else ""
        say_folded(f"{path}: board {board}{simulated}, {rounds} rounds, margin {extra:.0%}")
        for name, changes in changed.items():
            _print(f"[latency.{name}]", changes)


def _section(board: "RecordingBoard", shape: str) -> "Section":
    """Return whose limits those of a connected board are."""
    from hil.results.measured import section_of

    results = board.results
    assert results.model is not None
    return section_of(
        board.info.chip,
        "peer" if board.connection and board.connection.tail else "edge",
        board.simulated,
        shape=shape,
        model=results.model_name(results.model.model_id),
    )


def _measure(
    board: "RecordingBoard", inputs: "list[Sample]", rounds: int, advance: Callable[[], None]
) -> "Samples":
    """Measure the link that is up, as the tests do: with the inputs in turn."""
    from hil.board.measuring import Measuring

    measuring = Measuring(board)
    for each in itertools.islice(itertools.cycle(inputs), rounds):
        measuring.round(each)
        advance()
    (link,) = board.results.measured().by_link().values()
    return link.samples()


def _check_answers(via: str, samples: "Samples", rounds: int) -> None:
    """Raise EdgeError where so much was lost that the limits would say nothing."""
    from hil.budgets.spread import ROUNDS

    for stage, times in samples.times_us.items():
        if len(times) < ROUNDS["p95"]:
            raise EdgeError(
                f"Only {len(times)} of {rounds} rounds of {stage} over {via} were answered, and "
                f"p95 needs {ROUNDS['p95']}; give more --rounds, or mend the link."
            )


def _links(rig: "Rig", named: str | None) -> list[str]:
    from hil.links import LINKS, parse_links

    if named is not None:
        return list(parse_links(named, "--via"))
    links = []
    for via in LINKS:
        if (lack := rig.lacks_for(via)) is None:
            links.append(via)
        else:
            say(f"hil: {via} is left out: {lack}", err=True)
    return links


def _percentage(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _check_writable(path: Path) -> None:
    """Raise BadInputError where the file could not be written once all has been measured."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise BadInputError(f"{path} is in no directory that exists; name another by --file.")
    if not os.access(folder, os.W_OK):
        raise BadInputError(f"{folder} cannot be written to; name another file by --file.")


def _replace(path: Path, text: str) -> None:
    """Write the file in one step, with the rights it had."""
    path = path.resolve()
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_text(text, encoding="utf-8")
        if path.exists():
            partial.chmod(path.stat().st_mode)
        partial.replace(path)
    except OSError as error:
        if (told := shortage(error)) is not None:
            raise told from error
        raise BadInputError(
            f"{path} cannot be written ({error.strerror}); name another by --file."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _print(title: str, changes: "list[Change]") -> None:
    say(title)
    stages: dict[str, list[str]] = {}
    for each in changes:
        stages.setdefault(each.stage, []).append(_told(each))
    for stage, told in stages.items():
        say_folded(", ".join(told), f"  {stage:<15} ")


def _told(change: "Change") -> str:
    after = "none" if change.after is None else f"{change.after:g}"
    text = f"{change.statistic} {after}".strip()
    if change.before == change.after:
        return f"{text} (as before)"
    return text if change.before is None else f"{text} (was {change.before:g})"
