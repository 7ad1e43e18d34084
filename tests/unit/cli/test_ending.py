# SPDX-License-Identifier: MIT
"""SIGTERM and SIGHUP end a command in order."""

import signal
from collections.abc import Iterator

import click
import pytest

from hil.cli import cli, main
from hil.cli.shared.ending import SIGNALS, Ended, ending_in_order


@pytest.fixture
def usual_signals() -> Iterator[None]:
    """As a shell starts its commands; ``nohup``, which may have started these tests, does not."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("usual_signals")
@pytest.mark.parametrize("number", SIGNALS)
def test_a_command_gives_back_what_it_has_and_says_which_signal_it_was(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    said = []

    @click.command()
    def work() -> None:
        try:
            signal.raise_signal(number)
            said.append("went on")
        finally:
            signal.raise_signal(number)  # a second one changes nothing
            said.append("gave back")

    monkeypatch.setattr(cli, "get_command", lambda context, name: work)
    with pytest.raises(SystemExit) as end:
        main(["work"])
    assert said == ["gave back"]
    assert end.value.code == 128 + number
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_in_order():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_it_is_heeded_by_whatever_heeds_ctrl_c() -> None:
    assert issubclass(Ended, KeyboardInterrupt)
