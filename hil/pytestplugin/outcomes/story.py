# SPDX-License-Identifier: MIT
"""What became of one test, phase by phase and attempt by attempt: plugins may run it again."""

from dataclasses import dataclass, field

import pytest

from hil.pytestplugin.outcomes.kinds import worst

_ORDER = ("setup", "call", "teardown")
_BENIGN = ("passed", "xpassed", "xfailed", "skipped")
"""Outcomes of a phase that has not failed; a later one says more about the test."""

_STORY: pytest.StashKey["Story"] = pytest.StashKey()


@dataclass
class _Attempt:
    """One set-up, call and teardown.

    Attributes:
        phase: the latest that has ended.
        outcome: of all phases so far that have not failed.
        failures: outcome and kind of each that has.
    """

    phase: str
    outcome: str = "passed"
    failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def kind(self) -> str | None:
        """Whose fault it is that it failed; None if it has not."""
        return worst({kind for _, kind in self.failures})

    @property
    def verdict(self) -> str:
        """What the attempt comes to."""
        if not self.failures:
            return self.outcome
        return next(outcome for outcome, kind in self.failures if kind == self.kind)


class Story:
    """Collects what becomes of a test.

    Attributes:
        calling: whether its call is under way: what is reported meanwhile concerns a subtest.
        subtests: the kinds of the failures of its subtests, in the attempt under way.
        first: the sentence of its first failure.
    """

    def __init__(self) -> None:
        self.calling = False
        self.subtests: set[str] = set()
        self.first = ""
        self._attempts: list[_Attempt] = []

    @classmethod
    def of(cls, item: pytest.Item) -> "Story":
        """Return the story of a test, begun if need be."""
        return item.stash.setdefault(_STORY, cls())

    def add(self, phase: str, outcome: str, kind: str | None, sentence: str = "") -> None:
        """Note what became of a phase.

        Args:
            phase: ``setup``, ``call`` or ``teardown``.
            outcome: passed, xpassed, xfailed, skipped, failed or error.
            kind: whose fault a failure or error is.
            sentence: what it says.
        """
        if self._is_new_attempt(phase):
            self._attempts.append(_Attempt(phase))
            self.subtests.clear()
        attempt = self._attempts[-1]
        attempt.phase = phase
        if kind is None:
            attempt.outcome = max(attempt.outcome, outcome, key=_BENIGN.index)
            return
        attempt.failures.append((outcome, kind))
        self.first = self.first or sentence
        if self.calling:
            self.subtests.add(kind)

    @property
    def is_over(self) -> bool:
        """Whether its last attempt has been torn down."""
        return bool(self._attempts) and self._attempts[-1].phase == "teardown"

    @property
    def attempts(self) -> int:
        """How many times it has been run."""
        return max(len(self._attempts), 1)

    @property
    def outcome(self) -> str:
        """That of its last attempt; ``unstable`` if that passed and an earlier one failed."""
        if not self._attempts:
            return "passed"
        verdict = self._attempts[-1].verdict
        return "unstable" if verdict == "passed" and self._earlier else verdict

    @property
    def kind(self) -> str | None:
        """Whose fault it is that it failed, or has failed at first; None if it never has."""
        if not self._attempts:
            return None
        return worst(self._earlier) if self.outcome == "unstable" else self._attempts[-1].kind

    @property
    def _earlier(self) -> set[str]:
        return {each.kind for each in self._attempts[:-1] if each.kind is not None}

    def _is_new_attempt(self, phase: str) -> bool:
        if not self._attempts:
            return True
        reached, now = (_ORDER.index(each) for each in (self._attempts[-1].phase, phase))
        return now < reached or (now == reached and not self.calling and phase == "setup")
