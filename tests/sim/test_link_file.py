# SPDX-License-Identifier: MIT
"""The link file: what it replaces, and what it is refused for."""

import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from hil.cli.sim import sim
from hil.errors import BadInputError
from hil.sim.radio.link_file import LinkFile, read_link_file
from hil.sim.radio.presets import PRESETS

EXAMPLE = Path(__file__).parents[2] / "docs" / "lossy.toml"


def of(text: str) -> LinkFile:
    return LinkFile.of(tomllib.loads(text))


def test_a_value_replaces_the_presets_and_nothing_else() -> None:
    file = of("[udp]\nloss = 0.05\nlatency_us = 9")
    assert list(file.parameters) == ["udp"]
    assert asdict(file.parameters["udp"]) == asdict(PRESETS["udp"]) | {
        "loss": 0.05,
        "latency_us": 9,
    }


def test_an_empty_file_changes_nothing() -> None:
    assert of("") == LinkFile({}, None)


def test_a_seed_is_read() -> None:
    assert of("seed = 7").seed == 7


def test_unshaped_takes_the_delays_and_leaves_the_losses() -> None:
    link = of("[espnow]\nunshaped = true\nloss = 0.2").parameters["espnow"]
    assert link.cycles(250) == link.latency_us == link.jitter_us == 0
    assert link.loss == 0.2


def test_unshaped_false_is_the_preset() -> None:
    assert of("[ble]\nunshaped = false").parameters["ble"] == PRESETS["ble"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[wifi]\nloss = 0", "seed and the tables tcp, udp, espnow and ble, not 'wifi'"),
        ("udp = 3", r"udp in a link file is a table: write \[udp\]"),
        ("seed = -1", "seed is a whole number from 0"),
        ("seed = 'x'", "seed is a whole number from 0"),
        ("[udp]\nlos = 0.1", r"\[udp\] has no key 'los': it has .*loss, duplicate, reorder"),
        ("[udp]\ninterval_us = 5", r"\[udp\] has no key 'interval_us'"),
        ("[tcp]\nreorder = 0.1", r"\[tcp\] has no key 'reorder'"),
        ("[ble]\nduplicate = 0.1", r"\[ble\] has no key 'duplicate'"),
        ("[udp]\nloss = -0.1", "udp.loss is a share of packets, at least 0 and below 1, not -0.1"),
        ("[udp]\nloss = 1", "udp.loss is a share of packets"),
        ("[udp]\nloss = 5", "udp.loss is a share of packets"),
        ("[udp]\nloss = nan", "udp.loss is a share of packets"),
        ("[udp]\nloss = '5 %'", "udp.loss is a share of packets"),
        ("[udp]\nloss = true", "udp.loss is a share of packets"),
        ("[udp]\nrate_kbps = 0", "udp.rate_kbps is a whole number from 1 to"),
        ("[udp]\nrate_kbps = 1.5", "udp.rate_kbps is a whole number"),
        ("[udp]\nlatency_us = -1", "udp.latency_us is a whole number from 0 to"),
        ("[udp]\nlatency_us = true", "udp.latency_us is a whole number"),
        ("[udp]\nunshaped = 1", "udp.unshaped is true or false, not 1"),
        (
            "[udp]\nunshaped = true\nlatency_us = 5\njitter_us = 1",
            r"\[udp\] cannot be unshaped and have latency_us and jitter_us: drop one",
        ),
    ],
)
def test_what_no_link_has_is_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        of(text)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_broken_or_wrong_is_named(tmp_path: Path) -> None:
    broken, wrong = tmp_path / "broken.toml", tmp_path / "wrong.toml"
    broken.write_text("[udp")
    wrong.write_text("[udp]\nloss = 2")
    for path, words in [
        (tmp_path / "no.toml", "cannot be read"),
        (tmp_path, "cannot be read"),
        (broken, "is not TOML"),
        (wrong, "udp.loss is a share"),
    ]:
        with pytest.raises(BadInputError, match=words) as caught:
            read_link_file(path)
        assert str(path) in str(caught.value)


def test_the_example_in_the_documentation_is_sound_and_names_every_link() -> None:
    file = LinkFile.of(read_link_file(EXAMPLE))
    assert file.parameters.keys() == PRESETS.keys()
    assert file.seed == 7


def test_hil_sim_refuses_a_bad_link_file(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("[upd]")
    result = CliRunner().invoke(sim, ["--link", str(path)])
    assert isinstance(result.exception, BadInputError)
    assert "not 'upd'" in str(result.exception)
