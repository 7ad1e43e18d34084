# SPDX-License-Identifier: MIT
"""What the tests on a board share: each photo is inferred and judged once."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.errors import BadInputError
from hil.firmware.build import FirmwareBuild
from hil.inference.inference import Inference
from hil.inference.judgement import Judgement, judge
from hil.model.array import Array
from hil.model.compare import Comparison, compare
from hil.model.model import Model
from hil.model.photos import Photo
from hil.model.split import Cut
from hil.model.topk import top_k
from hil.pytestplugin.run import MAIN, Run
from hil.pytestplugin.stages import STAGES, stage_of
from hil.results import JudgementRecord, Results
from hil.suite.helpers.answers import Answers
from hil.suite.helpers.memory_log import MemoryLog
from hil.suite.helpers.raw_air import RawAir
from hil.suite.helpers.raw_tail import RawTail
from hil.suite.helpers.scripted_head import ScriptedHead
from hil.suite.helpers.scripting import line, scripted, tail

__all__ = ["line", "scripted", "tail"]

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
    "connections_hello",
    "connections_requests",
    "fragments",
    "connections_tail",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run from the ground up: what fails first is what is to be mended first.

    What plays on another stage comes after, so that the board is flashed once for each.
    """
    stages = (MAIN, *STAGES)
    ranks = {f"test_{name}": rank for rank, name in enumerate(ORDER)}
    places = [i for i, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    here = [items[i] for i in places]
    here.sort(
        key=lambda item: (stages.index(stage_of(item)), ranks.get(item.path.stem, len(ranks)))
    )
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


@dataclass(frozen=True)
class Shot:
    """One photo, what became of it on the board, and what is to be said about it."""

    photo: Photo
    inference: Inference
    judgement: Judgement
    full: Comparison


class Shots:
    """Infers each photo when it is first asked for, and enters the judgements into the results."""

    def __init__(
        self, board: Board, model: Model, cut: Cut, photos: list[Photo], results: Results
    ) -> None:
        self._board = board
        self._model = model
        self._cut = cut
        self._photos = photos
        self._results = results
        self._shots: dict[str, Shot] = {}

    def __len__(self) -> int:
        return len(self._photos)

    def __iter__(self) -> Iterator[Shot]:
        self._take(self._photos)
        return iter([self._shots[photo.name] for photo in self._photos])

    def of(self, photo: Photo) -> Shot:
        """Return what became of one photo, the rest being left for later."""
        self._take([photo])
        return self._shots[photo.name]

    def _take(self, photos: list[Photo]) -> None:
        missing = [photo for photo in photos if photo.name not in self._shots]
        # One photo is judged while the board has the next, its halves and the whole model side by
        # side: the kernels leave Python's lock free.
        with ThreadPoolExecutor(1) as whole, ThreadPoolExecutor(1) as halves:
            judging = [
                halves.submit(self._judge, photo, self._board.infer(photo), whole)
                for photo in missing
            ]
        for future in judging:
            future.result()

    @property
    def via(self) -> str:
        """The link that the photos were sent over."""
        return next(iter(self._shots.values())).inference.via if self._shots else ""

    @property
    def steps(self) -> float:
        """How far the board's kernels may be from the reference ones, in quantization steps."""
        budgets = self._results.budgets
        return budgets.activation_steps.get(self._board.info.kernels, 0.0) if budgets else 0.0

    def _judge(self, photo: Photo, inference: Inference, beside: Executor) -> None:
        x = self._model.preprocess(photo.open())
        predicting = beside.submit(self._model.predict, x)
        judgement = judge(inference, self._model, self._cut, x)
        whole = predicting.result()
        full = compare(inference.output, whole)
        passed = {
            "transport": judgement.transport.exact,
            "composition": judgement.composition.exact,
            "kernel": judgement.kernel.within(self.steps),
            "full": full.exact or self.steps > 0,
        }
        for name, verdict in (*vars(judgement).items(), ("full", full)):
            record = JudgementRecord(verdict.exact, passed[name], verdict.message)
            self._results.judge(photo.name, name, record)
        self._results.predict(photo.name, "full", classes(whole))
        self._shots[photo.name] = Shot(photo, inference, judgement, full)


def classes(output: Array) -> tuple[int, ...]:
    return tuple(class_id for class_id, _ in top_k(output))


@pytest.fixture(scope="session")
def shots(board: Board, model: Model, cut: Cut, photos: list[Photo], hil_results: Results) -> Shots:
    return Shots(board, model, cut, photos, hil_results)


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
def scripted_head(
    link: Connection, clear_air: None, small_board: Board, peer: Board
) -> Iterator[ScriptedHead]:
    """A head that a test plays over ESP-NOW through ``small_board``, ``peer`` being the tail."""
    small_board.disconnect()  # first: at a rig with a peer that ends the peer's listening
    peer.console.request("peer")
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
