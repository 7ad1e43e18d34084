# SPDX-License-Identifier: MIT
"""How inferences ended, counted, and held against what their faults promise."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hil.errors import BoardPanic, BoardRefused, HilError, InfrastructureError, MessageLost
from hil.soak.fault import RIGHT, WATCHDOG, promised
from hil.soak.plan import Step

WRONG = "wrong"
"""An answer that came, and is not the right one."""


@dataclass(frozen=True)
class Ending:
    """How one inference ended.

    Attributes:
        word: see :mod:`hil.soak.fault`.
        sentence: what was wrong, or the error's; empty if it is right.
        by_rig: whether an infrastructure error ended it.
    """

    word: str
    sentence: str = ""
    by_rig: bool = False

    @classmethod
    def of(cls, error: Exception) -> "Ending":
        """Return what an exception means, which may be anything."""
        rigs = isinstance(error, InfrastructureError)
        told = str(error) if isinstance(error, HilError) else f"{type(error).__name__}: {error}"
        return cls(_word(error), told, rigs)


def _word(error: Exception) -> str:
    if isinstance(error, MessageLost | BoardRefused):
        return error.code
    if isinstance(error, BoardPanic) and error.by_watchdog:
        return WATCHDOG
    return type(error).__name__


@dataclass(frozen=True)
class Finding:
    """An inference that ended otherwise than it may.

    Attributes:
        step: which.
        ending: how.
        promised: how it may end.
    """

    step: Step
    ending: Ending
    promised: tuple[str, ...]

    def __str__(self) -> str:
        step, ending = self.step, self.ending
        fault = f" with the fault {step.fault}" if step.fault else ""
        told = f": {ending.sentence.rstrip('.')}" if ending.sentence else ""
        return (
            f"Inference {step.number} over {step.via}{fault} ended in '{ending.word}', where "
            f"'{' or '.join(self.promised)}' is promised{told}."
        )


@dataclass
class Account:
    """What has happened so far; every inference is in it once.

    Attributes:
        endings: how many ended how: by link, fault and word.
        cuts: how many ran behind which cut.
    """

    endings: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    cuts: Counter[str] = field(default_factory=Counter)

    def note(self, step: Step, ending: Ending, *, has_key: bool = False) -> Finding | None:
        """Enter an inference; return what is wrong with how it ended, if anything is.

        Args:
            step: what it was.
            ending: how it ended.
            has_key: whether the link was authenticated.
        """
        self.endings[step.via, step.fault, ending.word] += 1
        self.cuts[step.cut] += 1
        wanted = promised(step.fault, step.via, has_key=has_key)
        return None if ending.word in wanted else Finding(step, ending, wanted)

    @property
    def inferences(self) -> int:
        """All of them."""
        return self.endings.total()

    @property
    def faults(self) -> int:
        """Those with a fault."""
        return sum(count for (_, fault, _), count in self.endings.items() if fault)

    def by(self, place: int) -> dict[str, Counter[str]]:
        """Return how many ended in which word, by link (0) or by fault (1)."""
        found: dict[str, Counter[str]] = {}
        for key, count in sorted(self.endings.items(), key=lambda each: each[0][place]):
            found.setdefault(key[place], Counter())[key[2]] += count
        return found

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "inferences": self.inferences,
            "with_fault": self.faults,
            "links": {via: dict(words) for via, words in self.by(0).items()},
            "faults": {name: dict(words) for name, words in self.by(1).items() if name},
            "cuts": dict(sorted(self.cuts.items())),
        }


def is_right(word: str) -> bool:
    """Whether a word stands for a right result."""
    return word == RIGHT
