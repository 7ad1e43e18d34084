# SPDX-License-Identifier: MIT
"""What a user may write against the public interface; ``mypy --strict`` checks it, nothing runs it.

Every name of ``hil.__all__`` is used (tests/unit/test_public.py).
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from hil import (
    Board,
    BoardInfo,
    BoardProvider,
    BoardSpec,
    Chip,
    Connection,
    Console,
    Cut,
    EdgeRecord,
    EdgeServer,
    FirmwareBuild,
    FlashReport,
    Impairment,
    Inference,
    Judgement,
    Lab,
    Lease,
    Line,
    Measuring,
    Model,
    Offer,
    OpenRig,
    Photo,
    PowerSwitch,
    Prediction,
    Rig,
    RoundTrip,
    Split,
    Stages,
    TensorInput,
    Wanted,
    Wire,
    __version__,
    errors,
    judge,
    load_inputs,
    load_photos,
    read_serial_log,
)


def one_cut(model: Model, name: str) -> Cut:
    """The cut after a layer."""
    split: Split = model.split(name)
    return split.cut


def flashed(board: Board, build: FirmwareBuild, model: Model, cut: Cut) -> int:
    """Bytes that had to be written."""
    report: FlashReport = board.flash(build, model, cut)
    return sum(region.size for region in report.written)


def slowest(board: Board, photos: list[Photo]) -> Stages:
    """Stages of the slowest inference."""
    inferences: list[Inference] = [board.infer(photo) for photo in photos]
    return max((each.stages for each in inferences), key=lambda stages: stages.total_us)


def classes(model: Model, path: Path) -> list[tuple[int, ...]]:
    """What the whole model makes of inputs that are no photos."""
    inputs: list[TensorInput] = load_inputs(path, model.input)
    return [model.top5_ids(each) for each in inputs]


def dropped(board: Board, edge: EdgeServer, photo: Photo) -> int:
    """Frames that were lost amid an inference."""
    air: Impairment
    with edge.impair(loss=0.1, ways="rx", seed=2) as air:
        board.infer(photo)
    return air.rx.dropped


def resent(inference: Inference) -> int:
    """Fragments that were sent again."""
    wire: Wire | None = inference.wire
    best: Prediction = inference.top5[0]
    return wire.resent if wire is not None and best.class_id >= 0 else 0


def echoes(board: Board, size: int) -> int | None:
    """Microseconds of one round trip."""
    link: Connection | None = board.connection
    assert link is not None, "connect first"
    trip: RoundTrip = board.rtt(size, link.via)
    return trip.us


def measured(latency: Measuring, photo: Photo) -> None:
    """One measured inference, lost or not."""
    latency.infer(photo)


def is_right(board: Board, model: Model, cut: Cut, photo: Photo) -> bool:
    """Whether an inference passes all three judgements."""
    tensor = model.preprocess(photo.path)
    verdict: Judgement = judge(board.infer(tensor), model, cut, tensor)
    return verdict.transport.exact and verdict.composition.exact and verdict.kernel.exact


def rig_of_two(directory: Path) -> None:
    """Head and tail on two boards."""
    rig: Rig = Rig.find(directories=[directory])
    spec: BoardSpec = rig.board
    photos = load_photos(directory)
    with OpenRig(rig, Board) as boards:
        boards.board.connect(boards.second("peer"), "espnow")
        print(__version__, spec.port, slowest(boards.board, photos).total_us)


def on_a_virtual_board(model: Model, cut: Cut, photo: Photo) -> str:
    """The edge server's record of an inference, and the console's log."""
    split = model.split(cut.short_name)
    with Lab.start() as lab, Board.open(lab=lab) as board:
        board.flash(None, model, cut)
        with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as edge:
            board.connect(edge, "udp")
            inference = board.infer(photo)
            record: EdgeRecord = edge.record(inference.message_id)
            info: BoardInfo = board.info
            console: Console = board.console
            assert len(record.activation) == cut.bytes
            return f"{info.mac} {console.request('stats')}"


def panics(log: str) -> int:
    """How many entries of a serial log there are."""
    try:
        return len(read_serial_log(log))
    except errors.HilError:
        return 0


class Cabinet:
    """Boards of somebody's own, and their switch."""

    def acquire(self, name: str, wanted: Wanted) -> Lease:
        """Have one."""
        if wanted.on_wait is not None and wanted.wait_s > 0:
            wanted.on_wait("Ada")
        chip = Chip("ESP32-S3", False, mac="f4:12:fa:01:02:03")
        return Lease("rfc2217://cabinet:2217", lambda: None, chip=chip, line=Line(slow=True))

    def offers(self) -> Iterable[Offer]:
        """Name them."""
        return [Offer("left", holder="Ada")]

    def cycle(self, argument: str, log: Callable[[str], None]) -> None:
        """Switch one off and on."""
        log(argument)


PROVIDER: BoardProvider = Cabinet()
SWITCH: PowerSwitch = Cabinet()
