# SPDX-License-Identifier: MIT
"""The C core and hil/protocol agree on every state and answer, whatever comes in whatever order."""

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzzing.answering import answering
from fuzzing.asking import asking
from fuzzing.core import FuzzerMissingError, build_library
from fuzzing.end import Core
from fuzzing.over_tcp import over_tcp

SIDES = (asking, answering, over_tcp)
LENGTHS = (20, 60, 200, 600)


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Core:
    """The core as a library."""
    try:
        return Core(build_library(tmp_path_factory.mktemp("library")))
    except FuzzerMissingError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("side", SIDES)
def test_both_implementations_send_and_tell_the_same(side, core):
    @settings(
        max_examples=300, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.binary(max_size=600))
    def run(data):
        side(core, data)

    run()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("seed", range(4))
def test_they_agree_in_long_exchanges(side, seed, core):
    rng = random.Random(seed)
    for _ in range(100):
        side(core, rng.randbytes(rng.choice(LENGTHS)))


@pytest.mark.parametrize("side", SIDES)
def test_they_go_on_agreeing(side, core, seconds, seed):
    rng = random.Random(seed)
    until = time.monotonic() + seconds
    runs = 0
    while time.monotonic() < until:
        data = rng.randbytes(rng.choice(LENGTHS))
        try:
            side(core, data)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, run {runs}: {data.hex()}") from error
        runs += 1
    print(f"seed {seed}: {runs} runs")


@pytest.mark.parametrize(
    ("side", "what", "other"),
    [
        (asking, "hil.protocol.exchange.POLL_FIRST_US", 12_345),
        (answering, "hil.protocol.answering._AT_ONCE", ()),
        (answering, "hil.protocol.session.agreed_length", lambda limit, hello: 233),
        (over_tcp, "hil.edge.links.stream._answer_hello", lambda *_: None),
    ],
    ids=lambda given: given if isinstance(given, str) else None,
)
def test_an_end_that_differs_is_noticed(side, what, other, core, monkeypatch):
    monkeypatch.setattr(what, other)
    rng = random.Random(0)

    def differ():
        for _ in range(300):
            side(core, rng.randbytes(200))

    with pytest.raises(AssertionError):
        differ()
