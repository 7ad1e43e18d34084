# SPDX-License-Identifier: MIT
"""A place whose board is set aside: another one is taken, it is shown, and taken back."""

import json
import sys

import pytest
from labgrid_farm import Farm

from farm_sessions import TINY, documents
from hil.errors import InfrastructureError
from hil.health.entry import Healed, Session
from hil.health.store import Store
from hil.rig.providers.having import have
from hil.rig.rig import BoardSpec

PLACE = "labgrid:name=desk-1"


def boards(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.run(sys.executable, "-P", "-m", "hil", "boards", *arguments)


def test_another_place_is_taken_and_where_there_is_none_it_is_said_why(
    farm: Farm, pytester: pytest.Pytester
) -> None:
    boards(pytester, "quarantine", PLACE, "--why", "it smells of smoke")
    spec, lease = have(BoardSpec("labgrid:chip=esp32s3"))
    lease.release()
    assert (spec.name, spec.place) == ("desk-2", "labgrid:name=desk-2")
    for name in (PLACE, "labgrid:board=a"):
        with pytest.raises(InfrastructureError) as caught:
            have(BoardSpec(name))
        assert "is set aside since 20" in str(caught.value)
        heal = f"(it smells of smoke); mend it and have 'hil boards heal {PLACE}' take it back"
        assert heal in str(caught.value)
    boards(pytester, "--labgrid").stdout.fnmatch_lines(
        ["*SET ASIDE since 20*: it smells of smoke;*"]
    )
    listed = json.loads(boards(pytester, "--labgrid", "--json").stdout.lines[-1])
    told = {each["port"]: each["health"] for each in listed}
    assert told[PLACE]["quarantined"]
    assert told["labgrid:name=desk-2"] is None
    assert farm.holders() == {}
    assert farm.reservations() == 0


def test_a_session_is_entered_for_the_place_and_the_place_is_healed(
    farm: Farm, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile("def test_says_who_it_is(board):\n    assert board.info.mac\n")
    result = pytester.runpytest_subprocess(TINY, "--hil-board=labgrid:board=a")
    result.assert_outcomes(passed=1)
    (session,) = Store.find().read(PLACE)
    assert isinstance(session, Session)
    assert (session.board.place, session.board.name) == (PLACE, "desk-1")
    (document,) = documents(pytester)
    told = document["board"]["health"]
    assert (told["state"], told["sessions"], told["named"]) == ("well", 1, PLACE)

    boards(pytester, "quarantine", PLACE, "--why", "it smells of smoke")
    refused = pytester.runpytest_subprocess(TINY, "--hil-board=labgrid:board=a")
    assert refused.ret == 10
    refused.stdout.fnmatch_lines(
        [f"*is set aside since 20* (it smells of smoke); *heal {PLACE}' *"]
    )
    healed = boards(pytester, "heal", PLACE, "--via", "tcp")
    assert healed.ret == 0
    assert isinstance(Store.find().read(PLACE)[-1], Healed)
    assert farm.holders() == {}
    assert farm.reservations() == 0
