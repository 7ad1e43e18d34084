# SPDX-License-Identifier: MIT
"""What a board says about itself: the answer to ``info`` (docs/protocol.md, section 2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from hil.errors import BoardRefused
from hil.protocol.console.numbers import count, u32_hex


@dataclass(frozen=True)
class BoardInfo:
    """The answer to ``info``.

    Attributes:
        firmware: version of the firmware.
        source_digest: first 16 hexadecimal digits of the digest of its sources.
        chip: such as ``esp32s3``.
        mac: base MAC address.
        simulated: whether its clock is simulated.
        kernels: ``reference`` or ``esp-nn``.
        role: ``head``, ``tail``, ``full`` or ``none``.
        slot: ``ok``, ``empty``, or the error code of what is wrong with the model slot.
        model_id: of the model in the slot, or ``None``.
        name: of that model; empty without one.
        cut: its cut; empty without one.
        input: its input tensor, such as ``uint8:1x160x160x3``; empty without one.
        output: its output tensor, likewise.
        arena: bytes of TFLM's arena.
        arena_used: bytes of it that the model takes.
        psram: bytes of PSRAM that the firmware found.
        flash: bytes of flash, likewise.
        app: label of the partition whose application runs; empty where it is unknown.
        model_slot: label of the model partition in use; empty without one.
        trial: what runs on trial: ``none``, ``app``, ``model`` or ``both``.
        key: by which the key that the board was given is told from another, ``none`` if it was
            given none; ``None``: its firmware knows no keys.
        test_build: whether the verbs of protocol.md, section 2.8, exist.
        reset_reason: of the last start.
        session: number of this boot.
    """

    firmware: str
    source_digest: str
    chip: str
    mac: str
    simulated: bool
    kernels: str
    role: str
    slot: str
    model_id: int | None
    name: str
    cut: str
    input: str
    output: str
    arena: int
    arena_used: int
    psram: int
    flash: int
    app: str
    model_slot: str
    trial: str
    test_build: bool
    reset_reason: str
    session: int
    key: str | None = None

    def is_on_trial(self, what: str) -> bool:
        """Tell whether the ``app`` or ``model`` runs on trial."""
        return self.trial in (what, "both")

    @classmethod
    def parse(cls, values: Mapping[str, str]) -> Self:
        """Read the values of the answer.

        Raises:
            BoardRefused: with code ``protocol``: a value is missing, no number or out of range.
        """
        try:
            if values["proto"] != "1":
                raise BoardRefused(
                    "protocol",
                    f"The firmware speaks protocol {values['proto']}, this harness 1; flash again.",
                )
            return cls(
                firmware=values["fw"],
                source_digest=values["src"],
                chip=values["chip"],
                mac=values["mac"],
                simulated=values["simulated"] == "1",
                kernels=values["kernels"],
                role=values["role"],
                slot=values["slot"],
                model_id=None if values["model"] == "-" else u32_hex(values["model"]),
                name=_or_empty(values["name"]),
                cut=_or_empty(values["cut"]),
                input=_or_empty(values["in"]),
                output=_or_empty(values["out"]),
                arena=count(values["arena"]),
                arena_used=count(values["arena_used"]),
                psram=count(values["psram"]),
                flash=count(values["flash"]),
                app=_or_empty(values["app"]),
                model_slot=_or_empty(values["model_slot"]),
                trial=values["trial"],
                test_build=values["test"] == "1",
                reset_reason=values["reset"],
                session=u32_hex(values["boot"]),
                key=values.get("key"),
            )
        except (KeyError, ValueError) as error:
            raise BoardRefused(
                "protocol", f"The board's answer to info cannot be read ({error}); flash it again."
            ) from error


def _or_empty(text: str) -> str:
    return "" if text == "-" else text
