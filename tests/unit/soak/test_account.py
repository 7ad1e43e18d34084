# SPDX-License-Identifier: MIT
"""Every inference is accounted for: right, the error its fault promises, or a finding."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import (
    BadInputError,
    BoardPanic,
    BoardRefused,
    BoardSilent,
    EdgeError,
    MessageLost,
)
from hil.links import LINKS
from hil.soak.account import Account, Ending
from hil.soak.fault import FAULTS, Need, promised
from hil.soak.inflicting import INFLICT
from hil.soak.plan import Step

WORDS = ("right", "wrong", "edge_lost", "edge_timeout", "protocol", "BoardPanic", "not ready")


def step(via: str, fault: str = "", number: int = 1) -> Step:
    return Step(number, "middle", via, 0, fault, 7)


pairs = st.sampled_from(
    [(via, "") for via in LINKS]
    + [(via, name) for name, fault in FAULTS.items() for via in fault.promises]
)


@given(st.lists(st.tuples(pairs, st.sampled_from(WORDS))))
def test_each_inference_is_in_it_once_and_is_promised_or_a_finding(
    done: list[tuple[tuple[str, str], str]],
) -> None:
    account = Account()
    for (via, fault), word in done:
        finding = account.note(step(via, fault), Ending(word))
        assert (finding is None) == (word in promised(fault, via))
    document = account.as_json()
    assert account.inferences == document["inferences"] == len(done)
    assert account.faults == sum(bool(fault) for (_, fault), _ in done)
    assert sum(sum(words.values()) for words in document["links"].values()) == len(done)
    assert sum(sum(words.values()) for words in document["faults"].values()) == account.faults


def test_where_there_is_a_key_what_does_not_verify_is_dropped_and_nobody_is_told() -> None:
    altered = step("udp", "altered-answer")
    assert Account().note(altered, Ending("protocol"), has_key=False) is None
    assert Account().note(altered, Ending("edge_timeout"), has_key=False) is not None
    assert Account().note(altered, Ending("edge_timeout"), has_key=True) is None
    assert Account().note(altered, Ending("protocol"), has_key=True) is not None


@pytest.mark.parametrize("has_key", [False, True])
def test_what_keys_change_nothing_of_is_promised_with_one_as_without(has_key: bool) -> None:
    for fault, via in (("", "udp"), ("panic", "tcp"), ("loss", "espnow"), ("edge-gone", "ble")):
        assert promised(fault, via, has_key=has_key) == promised(fault, via)


@pytest.mark.parametrize("via", LINKS)
@pytest.mark.parametrize("word", [word for word in WORDS if word != "right"])
def test_without_a_fault_nothing_but_right_is_right(via: str, word: str) -> None:
    finding = Account().note(step(via), Ending(word, "It did."))
    assert finding is not None
    assert str(finding) == (
        f"Inference 1 over {via} ended in '{word}', where 'right' is promised: It did."
    )


def test_an_error_that_a_fault_promises_must_come() -> None:
    finding = Account().note(step("tcp", "panic", 3), Ending("right"))
    assert finding is not None
    assert str(finding) == (
        "Inference 3 over tcp with the fault panic ended in 'right', where 'BoardPanic' is "
        "promised."
    )


def watchdog() -> BoardPanic:
    error = BoardPanic("It hangs.")
    error.by_watchdog = True
    return error


@pytest.mark.parametrize(
    ("error", "word", "by_rig"),
    [
        (MessageLost("edge_lost", "Gone."), "edge_lost", False),
        (BoardRefused("invoke", "It cannot."), "invoke", False),
        (BoardPanic("It crashed."), "BoardPanic", False),
        (watchdog(), "watchdog", False),
        (BoardSilent("Nothing."), "BoardSilent", False),
        (EdgeError("It has ended."), "EdgeError", True),
        (BadInputError("No."), "BadInputError", False),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError", False),
    ],
)
def test_an_exception_has_a_word(error: Exception, word: str, by_rig: bool) -> None:
    ending = Ending.of(error)
    assert (ending.word, ending.by_rig) == (word, by_rig)
    assert str(error) in ending.sentence


def test_every_fault_can_be_done_and_promises_something_over_links_that_exist() -> None:
    assert set(INFLICT) == {"", *FAULTS}
    for fault in FAULTS.values():
        assert fault.promises
        assert set(fault.promises) <= set(LINKS)
        assert set(fault.with_key) <= set(fault.promises)
        assert fault.needs <= set(get_args(Need))
        assert all(words for words in fault.promises.values())
