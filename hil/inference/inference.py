# SPDX-License-Identifier: MIT
"""What one inference end to end has given: the answer, and the time of every stage."""

from dataclasses import dataclass

from hil.model.array import Array


@dataclass(frozen=True)
class Prediction:
    """One entry of the top five.

    Attributes:
        class_id: index of the class.
        label: its name; ``class 8`` and so on where the model has no labels.
        score_raw: the output's element as it is: an integer, or IEEE 754 bits for float32.
        score: its real value.
    """

    class_id: int
    label: str
    score_raw: int
    score: float


@dataclass(frozen=True)
class Stages:
    """Microseconds by the board's own clock (docs/protocol.md, section 2.5).

    Attributes:
        load_us: from the request to the input tensor filled.
        invoke_us: to the end of the head.
        send_us: to the last byte of the activation handed to the link's driver.
        wait_us: to the RESULT checked.
        total_us: the exact sum of these four.
        edge_us: the edge server's own total; 0 in role full.
        edge_invoke_us: its part for the tail's kernels; 0 in role full.
    """

    load_us: int
    invoke_us: int
    send_us: int
    wait_us: int
    total_us: int
    edge_us: int = 0
    edge_invoke_us: int = 0

    @property
    def transfer_us(self) -> int:
        """Time that the activation and its answer were on their way: send + wait - edge."""
        return self.send_us + self.wait_us - self.edge_us


@dataclass(frozen=True)
class Wire:
    """What an exchange cost the board on the link (docs/protocol.md, section 2.5).

    Attributes:
        frames: frames handed to the link's driver, acknowledgements and polls included.
        resent: fragments among them that were sent again.
        bytes: size of all of them with headers, lower layers' not counted.
    """

    frames: int
    resent: int
    bytes: int


@dataclass(frozen=True)
class RoundTrip:
    """One echo of a number of bytes.

    Attributes:
        via: the link.
        size: payload in bytes, there and back.
        us: microseconds by the board's own clock; ``None`` if no answer came.
        code: error code of docs/protocol.md if no answer came, else ``None``.
        wire: what it cost; ``None`` where the board does not tell.
        simulated: whether the time is simulated.
    """

    via: str
    size: int
    us: int | None
    code: str | None
    wire: Wire | None
    simulated: bool

    @property
    def lost(self) -> bool:
        """Whether no answer came."""
        return self.us is None


@dataclass(frozen=True)
class HostTimes:
    """Microseconds measured on this host: for the curious, never for a budget in simulation.

    Attributes:
        infer_us: from the request on the console to its completion.
        edge_total_us: the edge server's real time from DATA complete to RESULT ready; 0 without.
        edge_invoke_us: its part for the tail's kernels.
    """

    infer_us: int
    edge_total_us: int = 0
    edge_invoke_us: int = 0


@dataclass(frozen=True)
class Inference:
    """One inference.

    Attributes:
        top5: the board's answer, best first.
        output: the whole output vector, as it left the tail (role full: the board), of the
            model's output shape and dtype; empty where it was not asked for.
        stages: times by the board's clock.
        activation: the edge's copy of what crossed, of the cut's shape and dtype; ``None`` in
            role full.
        activation_crc: CRC-32 of the activation, as the board computed it.
        received_crc: CRC-32 of the activation, as the edge received it.
        message_id: the message's number.
        via: the link, or ``none`` in role full.
        simulated: whether the times are simulated.
        host: times measured on this host.
        wire: what the exchange cost on the link; ``None`` in role full.
    """

    top5: tuple[Prediction, ...]
    output: Array
    stages: Stages
    activation: Array | None
    activation_crc: int | None
    received_crc: int | None
    message_id: int
    via: str
    simulated: bool
    host: HostTimes
    wire: Wire | None = None

    @property
    def top1(self) -> Prediction:
        """The best class."""
        return self.top5[0]

    @property
    def top5_ids(self) -> tuple[int, ...]:
        """The class ids of the top five, best first."""
        return tuple(each.class_id for each in self.top5)

    @property
    def transport_exact(self) -> bool:
        """Whether the edge received the very bytes that the board computed."""
        return self.activation_crc == self.received_crc
