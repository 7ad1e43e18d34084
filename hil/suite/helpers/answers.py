# SPDX-License-Identifier: MIT
"""What a board is to compute for each image, by which its answers are told apart."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hil.board.board import Board
from hil.model.interpreter import Interpreter
from hil.suite.helpers.asking import ended
from hil.symptoms import expect


@dataclass(frozen=True)
class _Answer:
    activation: int
    output: int

    def __str__(self) -> str:
        return f"activation {self.activation:08x}, output {self.output:08x}"


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
        if event.get("state") == "ok":
            got = _Answer(int(event["act_crc"], 16), int(event["out_crc"], 16))
            whose = [name for name, answer in self._known.items() if answer == got]
            told = f"the answer to {whose[0]}" if whose else str(got)
        else:
            got, told = None, ended(event)
        expect(
            got == right,
            symptom,
            link=link,
            stage=stage,
            expected=f"the answer to {image.name} ({right})",
            got=told,
        )

    def crc(self, image: Path, what: str) -> int:
        """Return the CRC-32 of an image's ``activation`` or ``output``."""
        right = self._known[image.name]
        return right.activation if what == "activation" else right.output


def _answer(board: Board, image: Path) -> _Answer:
    part = board.part
    assert part.split is not None
    if board.info.kernels == "reference":
        activation = Interpreter(part.split.head).invoke(part.input_tensor(image))
    else:
        inference = board.infer(image)
        assert inference.activation is not None
        activation = inference.activation
    output = Interpreter(part.split.tail).invoke(activation)
    return _Answer(zlib.crc32(activation.tobytes()), zlib.crc32(output.tobytes()))
