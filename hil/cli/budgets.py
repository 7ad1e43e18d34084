# SPDX-License-Identifier: MIT
"""``hil budgets``: limits for this rig."""

import itertools
import json
import os
from collections.abc import Callable
from contextlib import suppress
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
    from hil.budgets import LinkBudget, Samples, Section
    from hil.budgets.learning import Learning
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
    "--confidence",
    default="95%",
    show_default=True,
    help="How sure it is to be that the rounds to come keep the limits.",
)
@click.option(
    "--margin",
    help="What limits have above that; default: as much as the file's band of marginal (10%).",
)
@click.option(
    "--rounds",
    type=int,
    help="Rounds per link; default: as many as that takes (59 for p95 and 299 for p99 at 95%), or "
    "20 where chance plays no part.",
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
    confidence: str,
    margin: str | None,
    rounds: int | None,
    path: Path,
    as_json: bool,
) -> None:
    """Measure this rig and write its latency budgets.

    What differs on the board is flashed first. Over each link every round is an inference, a small
    round trip and one of the activation's size. The limits are for this model and cut: of each
    stage p50 and p95, and loss. Each is a tolerance bound: with the confidence, at least half (95
    in 100) of all rounds keep it, also of those to come. p99, the maximum and goodput are learned
    only where the file has them, the maximum also where chance plays no part: a simulated board on
    links that nothing shapes. Comments and all else in the file stay as they are. With --link the
    limits are those of the links that the file shapes, in a section of their own.
    """
    from hil.budgets import Budgets, LinkBudget, Section
    from hil.budgets.certainty import parse_level, percent
    from hil.budgets.file import FILE_NAME
    from hil.budgets.learning import Learning
    from hil.budgets.section import shape_name
    from hil.budgets.writing import write_limits
    from hil.cli.shared.connected import connected
    from hil.model.inputs.photos import default_photos, load_photos
    from hil.pytestplugin.bench.recording import RecordingBoard
    from hil.resources import resource

    level = parse_level(confidence, "--confidence")
    extra = None if margin is None else _share(margin)
    _check_writable(path)
    source = path if path.exists() else resource(FILE_NAME)
    known = Budgets.load(source)
    text = source.read_text(encoding="utf-8")
    found = rig.find()
    shape = shape_name(rig.link.stem, found.shaping or {}) if rig.link else ""
    chance = bool(shape or found.board.hci) or not found.board.virtual
    learning = Learning(level, extra, chance=chance, loses=bool(shape))
    _check_rounds(rounds, learning, LinkBudget(str(path)))
    links = _links(found, via)
    loaded = content.load(given.value_range)
    if given.inputs:
        samples: list[Sample] = [*given.load(loaded.model)]
    else:
        loaded.model.scaling  # noqa: B018 - refuses a model that takes no photos
        samples = [*load_photos(default_photos())]
    board, changed, most = "", {}, 0
    dependent = dict[str, int]()
    for name in links:
        with connected(found, loaded, name, RecordingBoard) as (opened, _):
            assert isinstance(opened, RecordingBoard)
            section = _section(opened, shape)
            board = section.board
            before = known.link(section, name)
            title = known.section(section, name)
            if Section.parse(title) in (None, replace(section, model="")):
                title = str(section)  # what stands for any model stays as it is
            _check_rounds(rounds, learning, before)
            asked = rounds or learning.rounds(before)
            most = max(most, asked)
            with doing(f"rounds over {name}", asked) as step:
                measured = _measure(opened, samples, asked, step.advance)
        _check_answers(name, measured, asked)
        limits = learning.learn(measured, before)
        dependent.update({f"{name} {each}": n for each, n in learning.dependent(measured).items()})
        text, changes = write_limits(text, title, name, limits)
        changed[f"{title}.{name}"] = changes
    _replace(path, text)
    if as_json:
        listed = {
            name.rpartition(".")[2]: list(map(asdict, changes)) for name, changes in changed.items()
        }
        of = next(iter(changed)).rpartition(".")[0]
        head = {"file": str(path), "board": board, "section": f"latency.{of}", "rounds": most}
        head |= {"confidence": level, "margin": extra, "dependent": dependent}
        say(json.dumps({**head, "links": listed}))
    else:
        simulated = ", simulated" if board.startswith("virtual") else ""
        sure = f"{percent(level)} confidence" if chance else "figures that repeat exactly"
        above = "the band of marginal" if extra is None else f"{extra:.0%}"
        say_folded(f"{path}: board {board}{simulated}, {most} rounds, {sure}, margin {above}")
        for name, count in dependent.items():
            say(f"hil: rounds of {name} depend on each other and count as {count}", err=True)
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


def _check_rounds(rounds: int | None, learning: "Learning", before: "LinkBudget") -> None:
    """Raise BadInputError where fewer rounds are asked for than the limits take."""
    needed = learning.rounds(before)
    if rounds is not None and rounds < needed:
        raise BadInputError(
            f"--rounds is {rounds}, and the limits of {before.source} take {needed}; give at least "
            "as many, or a lower --confidence."
        )


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


def _share(margin: str) -> float:
    from hil.budgets.reading import share

    given: object = margin
    with suppress(ValueError):
        given = float(margin)
    return share(given, "--margin", "hil budgets learn")


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
