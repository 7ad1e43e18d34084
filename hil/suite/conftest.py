# SPDX-License-Identifier: MIT
"""What the tests on a board share: each photo is inferred and judged once."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.errors import BadInputError, PlainFirmware
from hil.firmware.build import FirmwareBuild
from hil.inference.inference import Inference
from hil.model.array import Array
from hil.model.inputs.samples import Sample
from hil.model.model import Model
from hil.model.predictions import Predictions
from hil.model.split import Cut
from hil.pytestplugin import stages
from hil.pytestplugin.bench.recording import RecordingBoard
from hil.pytestplugin.farm.portions import Portion
from hil.pytestplugin.fixtures import short
from hil.pytestplugin.outcomes.kinds import needs_board
from hil.pytestplugin.run import MAIN, Run
from hil.pytestplugin.stages import STAGES, stage_of
from hil.pytestplugin.turns.grouping import rank_of
from hil.results import Results
from hil.suite.helpers.air.raw_air import RawAir
from hil.suite.helpers.air.raw_tail import RawTail
from hil.suite.helpers.air.scripted_head import ScriptedHead
from hil.suite.helpers.answers import Answers
from hil.suite.helpers.countdown import Countdown
from hil.suite.helpers.keyless import make_keyless, without_key
from hil.suite.helpers.link.scripting import line, scripted, tail
from hil.suite.helpers.memory_log import MemoryLog
from hil.suite.helpers.shots import Shots, classes

__all__ = ["line", "scripted", "tail"]

# Whatever other plugins call by these names, in the suite they are these.
globals().update({name: getattr(short, name) for name in short.NAMES})
globals().update({name: getattr(stages, name) for name in stages.NAMES})

ORDER = (
    "identity",
    "boot",
    "exactness",
    "agreement",
    "accuracy",
    "latency",
    "memory",
    "acceptance",
    "classes",
    "repair",
    "repair_asking",
    "repair_timers",
    "freshness",
    "roles",
    "roles_answering",
    "roles_repeating",
    "roles_gateway",
    "roles_keys",
    "roles_ble",
    "console",
    "console_noise",
    "console_chunks",
    "console_counters",
    "time_clock",
    "time",
    "secrets",
    "updates",
    "updates_slots",
    "updates_trials",
    "updates_faults",
    "state",
    "state_answers",
    "state_tail",
    "state_faults",
    "state_figures",
    "state_memory",
    "connections",
    "connections_keys",
    "connections_hello",
    "connections_requests",
    "fragments",
    "connections_tail",
)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Run from the ground up: what fails first is what is to be mended first.

    What plays on another stage comes after, so that the board is flashed once for each; and so
    does another combination of the matrix.
    """
    # In between pytest puts together what has the same turn of a link, from the first that it
    # meets: the directories shall have no say in that.
    _sort(items, lambda item: item.path.name)
    yield
    order = (MAIN, *STAGES)
    ranks = {f"test_{name}": rank for rank, name in enumerate(ORDER)}
    _sort(
        items,
        lambda item: (
            rank_of(item),
            order.index(stage_of(item)),
            ranks.get(item.path.stem, len(ranks)),
        ),
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse firmware that the suite can say nothing about.

    Raises:
        pytest.UsageError: it does not speak hil's console.
    """
    run = Run.under_way(session.config)
    if run is None or run.plain is None:
        return
    suite = Path(__file__).parent
    if any(item.path.is_relative_to(suite) and needs_board(item) for item in session.items):
        try:
            run.plain.require_console("the suite can say nothing about it")
        except PlainFirmware as error:
            raise pytest.UsageError(str(error)) from None


def _sort(items: list[pytest.Item], key: Callable[[pytest.Item], Any]) -> None:
    """Sort the suite's own tests among the places that they have."""
    suite = Path(__file__).parent
    places = [i for i, item in enumerate(items) if item.path.is_relative_to(suite)]
    here = sorted((items[i] for i in places), key=key)
    for place, item in zip(places, here, strict=True):
        items[place] = item


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what takes two boards where the rig has one."""
    run = Run.known(item.config)
    if run is None or not {"peer", "gateway"}.intersection(getattr(item, "fixturenames", ())):
        return
    if run.plan.lacks_for("espnow"):
        pytest.skip(
            "the rig has no second board: attach one and name its port by --peer or --gateway "
            "(pytest: --hil-peer, --hil-gateway) or in hil.toml."
        )


@pytest.fixture(scope="session")
def shots(
    request: pytest.FixtureRequest,
    board: RecordingBoard,
    model: Model,
    cut: Cut,
    photos: list[Sample],
    hil_results: Results,
    hil_predictions: Predictions | None,
    hil_portion: Portion | None,
) -> Shots:
    """The photos, inferred and judged; a long way through them shows where it is.

    Where several boards are tested each has some portions of them.
    """
    if hil_portion is not None and not (photos := hil_portion.part(photos)):
        pytest.skip("there are fewer photos than portions of them.")
    run = Run.of(request.config)

    def started(total: int) -> Callable[[int], None]:
        def say(line: str) -> None:
            run.say([f"hil: {line}"])
            run.write()  # what is done stays, however the run ends

        return Countdown(total, "photos", say).count

    return Shots(board, model, cut, photos, hil_results, hil_predictions, started)


@pytest.fixture(scope="session")
def top5_of() -> Callable[[Array], tuple[int, ...]]:
    return classes


@pytest.fixture(scope="session")
def hil_undisturbed() -> dict[Path, Inference]:
    return {}


@pytest.fixture
def undisturbed(
    small_board: Board, digits: list[Path], hil_undisturbed: dict[Path, Inference]
) -> dict[Path, Inference]:
    """What ``small_board`` makes of each of ``digits``, undisturbed, in their order."""
    for digit in digits:
        if digit not in hil_undisturbed:
            hil_undisturbed[digit] = small_board.infer(digit)
    return hil_undisturbed


@pytest.fixture
def clear_air(small_board: Board) -> None:
    """Skip where a link file has the air lose frames: here each one counts."""
    if small_board.lab is not None and small_board.lab.shaped:
        pytest.skip("a link file says what becomes of frames (--hil-link): none may be lost here.")


@pytest.fixture
def plain_link(link: Connection, small_board: Board) -> Iterator[Connection]:
    """The link whose turn it is, without a key: for what its messages are checked by besides."""
    with without_key(small_board, link) as plain:
        yield plain


@pytest.fixture
def scripted_head(
    link: Connection, clear_air: None, small_board: Board, peer: Board
) -> Iterator[ScriptedHead]:
    """A head that a test plays over ESP-NOW through ``small_board``, ``peer`` being the tail."""
    small_board.disconnect()  # first: at a rig with a peer that ends the peer's listening
    peer.console.request("peer")
    make_keyless(peer)
    peer.listen("espnow")
    air = RawAir(small_board)
    head = ScriptedHead(air, peer)
    head.find()
    yield head
    air.close()
    peer.stop_listening()


@pytest.fixture
def raw_tail(
    link: Connection, clear_air: None, small_board: Board, gateway: Board, digits: list[Path]
) -> Iterator[RawTail]:
    """The tail that ``small_board`` asks over ESP-NOW, which a test plays through ``gateway``."""
    small_board.store(small_board.part.input_tensor(digits[0]))  # what echoes say
    small_board.disconnect()
    make_keyless(small_board)
    air = RawAir(gateway)
    yield RawTail(air, gateway, small_board)
    air.close()


@pytest.fixture(scope="session")
def memory_log() -> MemoryLog:
    """What the board under test has had free before each test so far."""
    return MemoryLog()


@pytest.fixture(autouse=True)
def sampled_memory(request: pytest.FixtureRequest, memory_log: MemoryLog) -> None:
    """Note before each test what memory is free, from the first one on that finds a board."""
    bench = Run.of(request.config).bench
    if bench is not None:
        memory_log.sample(bench.board)


@pytest.fixture
def two_slots(firmware: FirmwareBuild) -> None:
    """Skip on a flash that has no room for an update."""
    try:
        firmware.model_slot(1)
    except BadInputError:
        pytest.skip("the partition table has one model slot: no update is possible.")


@pytest.fixture
def slot(small_board: Board) -> bytes:
    """What is in the model slot for ``small_board``: header and the small model's head."""
    return small_board.part.slot_file(1 << 24)


@pytest.fixture
def answers(small_board: Board, digits: list[Path]) -> Answers:
    """What the small model makes of the first three of ``digits``."""
    return Answers(small_board, digits[:3])
