# SPDX-License-Identifier: MIT
"""What a board is to compute for each image, by which its answers are told apart."""

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from hil.board.board import Board
from hil.model.array import Array
from hil.model.interpreter import Interpreter
from hil.model.topk import top_k
from hil.suite.helpers.console.asking import ended
from hil.symptoms import expect

Answer = dict[str, str]
"""Of the values of ``! infer``, those that depend on nothing but the image."""


class Answers:
    """The right answers to some images.

    Of a board with reference kernels they are computed here; with others, what the board makes of
    each image before anything is done to it is taken for right.

    Args:
        board: in role head, connected.
        images: no two with the same result.
    """

    def __init__(self, board: Board, images: Sequence[Path]) -> None:
        self._known = {image.name: _answer(board, image) for image in images}

    def check(
        self, event: Mapping[str, str], image: Path, symptom: str, *, stage: str, link: str
    ) -> None:
        """Compare how an inference ended with what is right for an image.

        Raises:
            Misbehaviour: it is something else; the message says if it is another image's.
        """
        right = self._known[image.name]
        got = {key: event.get(key, "") for key in right}
        whose = [name for name, answer in self._known.items() if answer == got]
        told = ended(event) if event.get("state") != "ok" else _told(got)
        expect(
            event.get("state") == "ok" and got == right,
            symptom,
            link=link,
            stage=stage,
            expected=f"the answer to {image.name} ({_told(right)})",
            got=f"the answer to {whose[0]}" if whose else told,
        )

    def crc(self, image: Path, what: str) -> str:
        """Return the CRC-32 of an image's ``activation`` or ``output``."""
        return self._known[image.name]["act_crc" if what == "activation" else "out_crc"]


def top_five(output: Array) -> str:
    """Return the best five of an output as a board tells them."""
    return ",".join(f"{class_id}:{score}" for class_id, score in top_k(output))


def _answer(board: Board, image: Path) -> Answer:
    part = board.part
    assert part.split is not None
    if board.info.kernels == "reference":
        activation = Interpreter(part.split.head).invoke(part.input_tensor(image))
    else:
        inference = board.infer(image)
        assert inference.activation is not None
        activation = inference.activation
    output = Interpreter(part.split.tail).invoke(activation)
    crc = f"{zlib.crc32(activation.tobytes()):08x}"
    return {
        "act_crc": crc,
        "rx_crc": crc,
        "act_len": str(activation.nbytes),
        "out_crc": f"{zlib.crc32(output.tobytes()):08x}",
        "out_len": str(output.nbytes),
        "top5": top_five(output),
    }


def _told(answer: Answer) -> str:
    return ", ".join(f"{key} {value}" for key, value in answer.items())
