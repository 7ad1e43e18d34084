# SPDX-License-Identifier: MIT
"""One frozen record for each thing that a run learns; field names are those of the results file.

Times named ``*_us`` are microseconds by the board's own clock (simulated where the record says
so), times named ``host_*`` were measured by this machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class BoardRecord:
    """The board as its own ``info`` describes it.

    Attributes:
        kind: ``virtual``, ``usb`` or ``remote``.
        port: device path or URL.
        mac: station MAC address, six pairs of hexadecimal digits.
        chip: for example ``esp32s3``.
        simulated: whether its times come from a simulated clock.
        kernels: ``reference`` or ``esp-nn``; ``none`` in plain firmware.
        reset: why it had last started when it was flashed, in the word of its ``info``, or of its
            ROM if the firmware is plain; ``unknown`` if that was not heard.
    """

    kind: str
    port: str
    mac: str
    chip: str
    simulated: bool
    kernels: str
    reset: str


@dataclass(frozen=True)
class FirmwareRecord:
    """The application that runs: its version and the start of its sources' digest."""

    version: str
    source_digest: str
    test_build: bool


@dataclass(frozen=True)
class ModelRecord:
    """The model under test.

    Attributes:
        name: as its manifest says.
        model_id: of model and cut, eight hexadecimal digits.
        classes: number of classes.
        scaling: what photos are scaled to, and who says so; None for a model that is not known to
            take photos.
    """

    name: str
    model_id: str
    classes: int
    scaling: str | None = None


@dataclass(frozen=True)
class CutRecord:
    """Where the model is cut: name, tensor, and the bytes that cross."""

    name: str
    tensor: str
    activation_bytes: int


@dataclass(frozen=True)
class CombinationRecord:
    """What was on the board, of which some of a run's records are.

    Attributes:
        name: which no other of the run has; that of the matrix (``--hil-matrix``) if it is one of
            its combinations.
        firmware: the application.
        model: the model; None where plain firmware ran none.
        cut: where it was cut; None for one that was not.
    """

    name: str
    firmware: FirmwareRecord
    model: ModelRecord | None
    cut: CutRecord | None


@dataclass(frozen=True)
class RegionRecord:
    """A region of the flash: what it holds, where it starts, how many bytes it has."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class FlashRecord:
    """One flashing.

    Attributes:
        written: regions that differed.
        skipped: regions that held the same bytes already.
        host_seconds: how long it took.
        baud: highest line rate at which nothing got lost; 0 where none is told.
        combination: what was on the board then, by name.
    """

    written: tuple[RegionRecord, ...]
    skipped: tuple[RegionRecord, ...]
    host_seconds: float
    baud: int = 0
    combination: str = ""


@dataclass(frozen=True)
class WireRecord:
    """What an exchange cost on the link: frames, those sent again, bytes with headers."""

    frames: int
    resent: int
    bytes: int


@dataclass(frozen=True)
class InferenceRecord:
    """One completed inference.

    Attributes:
        photo: the photo's name, or None where the input was not a photo.
        via: the link that the activation took.
        message_id: as on the link.
        simulated: whether ``stages_us`` come from a simulated clock.
        transport_exact: the edge received the board's activation unaltered.
        activation_bytes: payload sent.
        stages_us: microseconds by stage name (load, invoke, send, wait, total, edge, edge_invoke,
            transfer).
        host_us: microseconds measured by this machine, by name.
        top5: (class id, label, score) in falling order of the score.
        wire: what it cost on the link; None in role full.
        tail: where it ran: ``edge``, ``peer``, or ``none`` in role full.
        model_id: of the model and cut on the board, as in :class:`ModelRecord`.
        combination: what was on the board, by name.
        advisory: whether other boards were tested on this computer meanwhile.
    """

    photo: str | None
    via: str
    message_id: int
    simulated: bool
    transport_exact: bool
    activation_bytes: int
    stages_us: Mapping[str, int]
    host_us: Mapping[str, int]
    top5: tuple[tuple[int, str, float], ...]
    wire: WireRecord | None = None
    tail: str = "edge"
    model_id: str = ""
    combination: str = ""
    advisory: bool = False


@dataclass(frozen=True)
class LostRecord:
    """An inference whose answer never came.

    It has photo, link, error code, kind of clock, tail, model, combination, and whether it is
    advisory: other boards were tested on this computer meanwhile.
    """

    photo: str | None
    via: str
    code: str
    simulated: bool
    tail: str = "edge"
    model_id: str = ""
    combination: str = ""
    advisory: bool = False


@dataclass(frozen=True)
class RoundTripRecord:
    """One echo.

    Attributes:
        via: the link.
        size: payload in bytes, there and back.
        us: microseconds by the board's clock; None if no answer came.
        code: error code if no answer came, else None.
        simulated: whether ``us`` comes from a simulated clock.
        wire: what it cost on the link; None where the board does not tell.
        tail: what answered, ``edge`` or ``peer``.
        model_id: of the model and cut on the board, as in :class:`ModelRecord`.
        combination: what was on the board, by name.
        advisory: whether other boards were tested on this computer meanwhile.
    """

    via: str
    size: int
    us: int | None
    code: str | None
    simulated: bool
    wire: WireRecord | None = None
    tail: str = "edge"
    model_id: str = ""
    combination: str = ""
    advisory: bool = False


LogRow = tuple[float, float | None, str, str, str]
"""Seconds on the host and by the board's clock, board, kind, text."""


@dataclass(frozen=True)
class SpanRecord:
    """What was measured while a test was judged: [first, behind the last] of each list."""

    inferences: tuple[int, int]
    lost: tuple[int, int]
    round_trips: tuple[int, int]


@dataclass(frozen=True)
class ErrorRecord:
    """Something that went wrong: in which test and phase, whose fault, and the sentence.

    Attributes:
        nodeid: the test, or None for the session.
        phase: ``setup``, ``call``, ``teardown`` or ``session``.
        kind: ``product``, ``infrastructure``, ``bad_input`` or ``test`` (any other exception,
            a failed assertion included).
        type: name of the exception.
        message: its sentence.
        notes: what the exception says besides: a decoded backtrace, say.
        file: of the test that met it, relative to pytest's root directory; None without one.
        line: in that file, from 1 on.
        serial_log: the last lines of the consoles, the columns of :mod:`hil.results.serial_log`
            each; none where they can add nothing.
    """

    nodeid: str | None
    phase: str
    kind: str
    type: str
    message: str
    notes: tuple[str, ...] = ()
    file: str | None = None
    line: int | None = None
    serial_log: tuple[LogRow, ...] = ()


@dataclass(frozen=True)
class TestRecord:
    """The outcome of one test: passed, unstable, failed, error, skipped, xfailed or xpassed.

    Attributes:
        nodeid: pytest's name of the test.
        outcome: as above.
        kind: whose fault a failure or error is, as in :class:`ErrorRecord`, else None; of one that
            is unstable, that of the attempts that failed.
        host_seconds: set-up, call and teardown together, of all attempts.
        log: path of the serial log, relative to the results file, where there is one.
        attempts: how many times it was run.
        combination: what it was to find on the board, by name; None if it was to find nothing.
    """

    __test__ = False

    nodeid: str
    outcome: str
    kind: str | None
    host_seconds: float
    log: str | None
    attempts: int = 1
    combination: str | None = None


@dataclass
class AuthenticationRecord:
    """Who could take part in the run; grows with it.

    Attributes:
        links: by link, whether all of its connections were authenticated.
        keyless: why some were not, as a sentence; None if all were.
        foreign: frames that came to this host and that nobody had made who has a key, or which a
            board without one had no part in. They have changed nothing.
    """

    links: dict[str, bool] = field(default_factory=dict)
    keyless: str | None = None
    foreign: int = 0

    def note(self, via: str, keyless: str) -> None:
        """A link was opened; `keyless` says why it is not authenticated, or nothing."""
        self.links[via] = self.links.get(via, True) and not keyless
        self.keyless = self.keyless or keyless or None
