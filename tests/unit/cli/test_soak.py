# SPDX-License-Identifier: MIT
"""The command ``hil soak``: what it asks for, what it prints, and what it refuses."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hil.cli.soak import soak
from hil.errors import (
    BadInputError,
    HilError,
    InfrastructureError,
    PortMissingError,
    ProductFailure,
)
from hil.resources import resource
from hil.soak import conduct as machinery
from hil.soak.account import Ending, Finding
from hil.soak.conduct import Request
from hil.soak.conduct import Result as Outcome
from hil.soak.plan import Step
from hil.soak.shrink import Shrunk
from hil.soak.soak import Soak
from hil.soak.watch import Verdict

STEP = Step(41, "block_3_project", "udp", 3, "loss", 99)
TINY = str(resource("models/tiny"))


class Conducted:
    """In place of the machinery: what it was asked, and what it answers."""

    def __init__(self) -> None:
        self.request: Request
        self.soak = Soak(seconds=12.0, begun=2)
        self.soak.account.note(STEP, Ending("right"))
        self.shrunk: Shrunk[Step] | None = None

    def __call__(self, request: Request) -> Outcome:
        self.request = request
        return Outcome(self.soak, True, "02:48:49:4c:00:01", "0.1.0", self.shrunk)


@pytest.fixture
def conducted(monkeypatch: pytest.MonkeyPatch, own_computer: None) -> Conducted:
    found = Conducted()
    monkeypatch.setattr(machinery, "conduct", found)
    return found


def run(*arguments: object) -> Result:
    words = ["--model", TINY, *map(str, arguments)]
    result = CliRunner().invoke(soak, words)
    if isinstance(result.exception, HilError):
        raise result.exception
    return result


def test_what_is_asked_for_is_done(conducted: Conducted) -> None:
    run("--minutes", 2, "--inferences", 9, "--seed", 5, "--faults", "25%", "--via", "udp,tcp")
    request = conducted.request
    assert (request.seconds, request.inferences, request.seed) == (120.0, 9, 5)
    assert (request.choices.rate, request.choices.links) == (0.25, ("udp", "tcp"))
    assert request.choices.photos == len(request.setup.photos) == 36
    assert len(request.choices.cuts) == 20
    assert request.setup.build is not None
    assert request.setup.build.app.simulated
    assert request.shrink_s == 300


def test_one_cut_may_be_named_and_other_photos(conducted: Conducted) -> None:
    photos = sorted(resource("photos").glob("*.jpg"))[:2]
    run("--minutes", 1, "--cut", "block_6_project", *photos)
    assert conducted.request.choices.cuts == ("block_6_project",)
    assert [photo.path for photo in conducted.request.setup.photos] == photos


def test_steps_alone_are_replayed_and_not_shrunk(conducted: Conducted) -> None:
    run("--steps", "1-3,9", "--seed", 5)
    assert conducted.request.numbers == (1, 2, 3, 9)
    assert conducted.request.shrink_s == 0
    assert conducted.request.seconds is None


def test_without_a_seed_any_is_taken_and_said(conducted: Conducted) -> None:
    result = run("--minutes", 1)
    assert f"seed {conducted.request.seed}" in result.stdout


def test_it_prints_tables(conducted: Conducted) -> None:
    conducted.soak.verdicts.append(Verdict("host threads", 6, 6, 0.0, 1.5, True))
    result = run("--minutes", 1)
    assert result.exit_code == 0
    out = " ".join(result.stdout.split())
    assert "1 inferences, 1 of them with a fault, in 12.0 s" in out
    assert "One more was cut short." in out
    assert "udp 1 1" in out
    assert "loss 1 1" in out
    assert "host threads 6 6 0 1.50 flat" in out


def test_it_prints_a_document(conducted: Conducted) -> None:
    document = json.loads(run("--minutes", 1, "--seed", 7, "--json").stdout)
    assert document["schema"] == "hil-soak-1"
    assert document["seed"] == 7
    assert document["simulated"] is True
    assert document["inferences"] == document["with_fault"] == 1
    assert document["links"] == {"udp": {"right": 1}}
    assert document["faults"] == {"loss": {"right": 1}}
    assert document["finding"] is document["shrunk"] is None


def test_ctrl_c_prints_all_the_same(conducted: Conducted) -> None:
    conducted.soak.interrupted = True
    result = run("--minutes", 1)
    assert result.exit_code == 130
    assert "stopped after 12.0 s" in " ".join(result.stdout.split())


def failed(conducted: Conducted, ending: Ending, *arguments: object) -> HilError:
    conducted.soak.finding = Finding(STEP, ending, ("right",))
    with pytest.raises(HilError) as caught:
        run("--minutes", 1, "--seed", 7, *arguments)
    return caught.value


def test_a_finding_names_the_seed_and_the_command_that_replays_it(conducted: Conducted) -> None:
    conducted.shrunk = Shrunk((STEP,), 1, again=True, complete=True)
    error = failed(conducted, Ending("wrong", "output: 3 of 10 differ"), "--via", "udp,tcp")
    assert isinstance(error, ProductFailure)
    assert "Inference 41 over udp with the fault loss ended in 'wrong'" in str(error)
    said, replay = error.__notes__
    assert said == "seed 7; 1 step is enough, by 1 replays"
    assert shlex.split(replay.removeprefix("replay it: ")) == [
        *("hil", "soak", "--seed", "7", "--faults", "10%", "--via", "udp,tcp"),
        *("--model", TINY, "--steps", "41"),
    ]


def test_the_command_that_replays_it_asks_for_the_same(conducted: Conducted) -> None:
    error = failed(conducted, Ending("wrong"), "--cut", "block_6_project", "--faults", "0.5")
    first = conducted.request
    conducted.soak.finding = None
    words = shlex.split(error.__notes__[1].removeprefix("replay it: "))[2:]
    assert CliRunner().invoke(soak, words).exit_code == 0
    again = conducted.request
    assert (again.seed, again.choices) == (first.seed, first.choices)
    assert again.numbers == (41,)


def test_what_the_rig_did_is_an_infrastructure_error(conducted: Conducted) -> None:
    error = failed(conducted, Ending("LabError", "The lab has died.", by_rig=True))
    assert isinstance(error, InfrastructureError)


@pytest.mark.parametrize(
    ("name", "exit_code", "says"),
    [("board heap_free", 1, "loses 4"), ("host memory", 10, "rises by 4")],
)
def test_a_figure_that_is_not_flat_is_told(
    conducted: Conducted, name: str, exit_code: int, says: str
) -> None:
    conducted.soak.verdicts.append(Verdict(name, 8, 12, 4.0, 0.5, False))
    with pytest.raises(HilError, match=says) as caught:
        run("--minutes", 1, "--seed", 7)
    assert caught.value.exit_code == exit_code
    assert caught.value.__notes__[0].endswith("--inferences 2")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Say how long"),
        (("--minutes", "0"), "'--minutes'"),
        (("--minutes", "-1"), "'--minutes'"),
        (("--minutes", "soon"), "'--minutes'"),
        (("--inferences", "0"), "'--inferences'"),
        (("--minutes", "1", "--seed", "-1"), "'--seed'"),
        (("--minutes", "1", "--seed", "lucky"), "'--seed'"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    conducted: Conducted, arguments: tuple[str, ...], says: str
) -> None:
    result = CliRunner().invoke(soak, arguments)
    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--faults", "110%"], "--faults is '110%'; give a share from 0% to 100%"),
        (["--faults", "nan"], "--faults is 'nan'"),
        (["--faults", "some"], "--faults is 'some'"),
        (["--via", "usb"], "--via names 'usb', which is no link"),
        (["--steps", "9-1"], "--steps takes numbers"),
        (["--peer", "virtual"], "leave --peer and --link out"),
        (["--cut", "nowhere"], "nowhere"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(
    conducted: Conducted, arguments: list[str], says: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        run("--minutes", 1, *arguments)
    assert says in str(refused.value)


def test_one_photo_is_too_few(conducted: Conducted, tmp_path: Path) -> None:
    photo = sorted(resource("photos").glob("*.jpg"))[0]
    with pytest.raises(BadInputError, match=r"at least 2 photos.*was given 1"):
        run("--minutes", 1, photo)


def test_a_soak_without_boards_is_refused_in_a_sentence(conducted: Conducted) -> None:
    told = "No ESP32-S3 is attached by USB; plug one in"
    with pytest.raises(PortMissingError, match=told) as refused:
        run("--minutes", 1, "--board", "usb")
    assert refused.value.exit_code == 10


def test_without_the_extra_for_virtual_boards_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, own_computer: None
) -> None:
    def find_spec(name: str, package: str | None = None) -> Any:
        return None

    monkeypatch.setattr("hil.sim.process.importlib.util.find_spec", find_spec)
    with pytest.raises(BadInputError, match="virtual boards need wasmtime: pip install"):
        run("--minutes", 1)


@pytest.mark.parametrize("option", ["--minutes", "--shrink", "--wait"])
@pytest.mark.parametrize("number", ["nan", "inf", "1e+308"])
def test_what_is_no_number_is_refused_before_anything_waits_by_it(
    conducted: Conducted, option: str, number: str
) -> None:
    result = run("--inferences", 3, option, number)
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': {number} is not a number to count by." in result.output
    assert not hasattr(conducted, "request")
