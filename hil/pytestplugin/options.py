# SPDX-License-Identifier: MIT
"""Command-line options, each with an ini setting of the same name (``--hil-cut``: ``hil_cut``)."""

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hil.errors import BadInputError
from hil.links import LINKS, parse_links
from hil.pytestplugin.farm.named import named_board, virtual_peer

if TYPE_CHECKING:
    from hil.budgets.certainty import Certainty

_OPTIONS = {
    "board": "board to test: 'virtual', 'usb' (the dut of hil.toml, else the only one attached), "
    "a name in hil.toml, mac:ADDRESS, serial:NUMBER (of the USB device), PROVIDER:NAME (of another "
    "package's), a port or a URL; may be repeated where -n spreads the tests over several; "
    "default: HIL_BOARD, hil.toml, else virtual",
    "boards-per-worker": "boards that each worker of -n has: 1, or 2 for tests that need a peer; "
    "default: 1",
    "board-wait": "seconds to wait for a board that another run holds; default: 0",
    "firmware": "build directory of the firmware to flash, or a published .zip of one; default: "
    "the one that comes with hil",
    "console": "what kind of console the firmware has: 'hil', or 'plain' for firmware of any kind, "
    "which is flashed, reset and listened to; default: what its image says",
    "model": "model directory with a manifest, or a .tflite file; default: the one that comes with "
    "hil",
    "cut": "where to cut the model, by tensor or short name; 'best': the cut that 'hil split "
    "--sweep' finds over the links of the run; 'all': exactness at every legal cut; default: the "
    "manifest's",
    "matrix": "TOML file with firmwares, models and cuts: what is about them is tested with each "
    "combination; default: one of each, as the options say",
    "photos": "directory with photos; default: those that come with hil",
    "input": "in place of photos: a .npy, .npz, .bin or .wav file, or a directory of them",
    "range": "LOW,HIGH: values that black and white stand for in photos, as in --hil-range=-1,1; "
    "default: what the manifest, the model's metadata or the input's quantization says",
    "peer": "second board, for the tail: as --hil-board, 'virtual' beside a virtual board; "
    "default: hil.toml, else the edge server runs the tail",
    "gateway": "second board, to carry ESP-NOW to this host; default: hil.toml, else the peer, "
    "else beside a virtual board another one",
    "via": "links to test, with commas between them; default: all, which are tcp, udp, espnow, ble",
    "link": "TOML file that shapes the links of virtual boards; see 'hil sim --help'",
    "hci": "what reaches virtual boards over BLE: 'bluez' (this computer's own adapter, as for "
    "real boards) or the radio of another program's lab; default: HIL_HCI, else the lab's own",
    "auth": "'off': links are not authenticated, and anybody on the network may take part; "
    "default: 'on', by a new key for each link that is opened, given to the board over its console",
    "rounds": "inferences in a latency test; default: 20, fewer give no p95",
    "confidence": "how sure each latency verdict is to be, a share or a percentage: latency tests "
    "measure until it is, or for --hil-max-rounds; default: verdicts go by the figures of "
    "--hil-rounds",
    "max-rounds": "inferences in a latency test at most, with --hil-confidence; default: 500",
    "undecided": "what a verdict counts that is not as sure by then: 'fail' (the default) or "
    "'warn'",
    "unstable": "what a test counts that has failed and then, run again by another plugin, passed: "
    "'pass' or 'fail'; default: pass, and it is told",
    "breaker": "tests in a row that may end with errors of the rig before the board's remaining "
    "tests end at once so; default: 2",
    "cache": "directory where predictions of the reference models are kept by content, for the "
    "next run on the same photos; 'off': nowhere; default: hil in XDG_CACHE_HOME or ~/.cache",
    "log-dir": "directory for results.json and the serial logs; default: hil-report",
    "report": "directory for the page about the run, index.html; default: that of results.json",
}

LIMIT = 2
"""Of ``--hil-breaker``: one test may have met what is over, as a cable that was put in anew."""

_AUTH = ("on", "off")
_UNSTABLE = ("pass", "fail")
_UNDECIDED = ("fail", "warn")
_CONSOLES = ("hil", "plain")

BEST, ALL = "best", "all"
"""Words that ``--hil-cut`` takes in place of a name."""


@dataclass(frozen=True)
class Settings:
    """What the options say; None where a default is to be looked up.

    Attributes:
        board: name, identity, port or URL.
        board_wait: seconds to wait for a board that another process holds.
        firmware: build directory, or a zip of one.
        console: ``hil`` or ``plain``, the kind of console that the firmware has.
        model: directory with a manifest, or a .tflite file.
        cut: name or index of the cut, :data:`BEST` or :data:`ALL`.
        matrix: file with firmwares, models and cuts to test in each combination.
        photos: directory.
        input: file or directory of inputs that are no photos.
        value_range: real values that black and white stand for in photos, as text.
        peer: likewise the board that runs the tail.
        gateway: likewise of the one that carries ESP-NOW.
        via: some of :data:`hil.links.LINKS`; every test without ``link`` uses the first.
        via_named: whether they were asked for by name.
        link: TOML file that shapes simulated links.
        hci: radio for BLE, see :mod:`hil.rig.hci`.
        auth: whether links are authenticated.
        rounds: at least 1.
        certainty: of latency verdicts.
        unstable: ``pass`` or ``fail``, what a test counts that passes only when it is run again.
        breaker: tests in a row that errors of the rig may end before no other is tried; at least 1.
        cache: directory for predictions; None: they are not kept.
    """

    board: str | None
    board_wait: float
    firmware: Path | None
    console: str | None
    model: Path | None
    cut: str | None
    matrix: Path | None
    photos: Path | None
    input: Path | None
    value_range: str | None
    peer: str | None
    gateway: str | None
    via: tuple[str, ...]
    via_named: bool
    link: Path | None
    hci: str | None
    auth: bool
    rounds: int
    certainty: "Certainty"
    unstable: str
    breaker: int
    cache: Path | None

    @classmethod
    def of(cls, config: pytest.Config) -> "Settings":
        """Read options and ini settings; the command line wins.

        A relative path on the command line starts at the working directory, one in the ini file
        or a default at the root directory.

        Raises:
            BadInputError: a link that does not exist, a number of rounds below 1, seconds or a
                confidence that are none, another word, or several boards without workers.
        """

        def text(name: str) -> str | None:
            return _text(config, name)

        via = text("via")
        rounds = _rounds(text("rounds") or "20", "rounds")
        return cls(
            board=named_board(config),
            board_wait=_seconds(text("board-wait") or "0"),
            firmware=_path(config, "firmware"),
            console=_console(text("console")),
            model=_path(config, "model"),
            cut=text("cut"),
            matrix=_path(config, "matrix"),
            photos=_path(config, "photos"),
            input=_path(config, "input"),
            value_range=text("range"),
            peer=text("peer") or virtual_peer(config),
            gateway=text("gateway"),
            via=parse_links(via, "--hil-via") if via else LINKS,
            via_named=via is not None,
            link=_path(config, "link"),
            hci=text("hci"),
            auth=_word(text("auth"), "auth", _AUTH) == "on",
            rounds=rounds,
            certainty=_certainty(config, rounds),
            unstable=_word(text("unstable"), "unstable", _UNSTABLE),
            breaker=_rounds(text("breaker") or str(LIMIT), "breaker"),
            cache=None if text("cache") == "off" else _path(config, "cache") or _own_cache(),
        )


def log_directory(config: pytest.Config) -> Path:
    """Return the absolute path of the directory for ``results.json`` and ``logs/``."""
    return _path(config, "log-dir") or config.rootpath / "hil-report"


def report_directory(config: pytest.Config) -> Path:
    """Return the absolute path of the directory for the page about the run."""
    return _path(config, "report") or log_directory(config)


def counts_unstable(config: pytest.Config) -> bool:
    """Return whether a test fails that passes only when it is run again."""
    return _text(config, "unstable") == "fail"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and their ini settings."""
    group = parser.getgroup("hil", "hardware-in-the-loop tests")
    for name, text in _OPTIONS.items():
        action = "append" if name == "board" else "store"
        group.addoption(
            f"--hil-{name}", dest=_dest(name), action=action, metavar=name.upper(), help=text
        )
        parser.addini(_dest(name), f"--hil-{name}: {text}", default=None)


def _text(config: pytest.Config, name: str) -> str | None:
    return config.getoption(_dest(name)) or config.getini(_dest(name)) or None


def _path(config: pytest.Config, name: str) -> Path | None:
    if given := config.getoption(_dest(name)):
        return config.invocation_params.dir / Path(given).expanduser()
    if given := config.getini(_dest(name)):
        return config.rootpath / Path(given).expanduser()
    return None


def _own_cache() -> Path | None:
    """Return the user's own directory; None for a user without a home, as containers have."""
    if home := os.environ.get("XDG_CACHE_HOME"):
        return Path(home) / "hil"
    try:
        return Path.home() / ".cache" / "hil"
    except RuntimeError:
        return None


def _dest(name: str) -> str:
    return "hil_" + name.replace("-", "_")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise BadInputError(f"--hil-board-wait is {text!r}; give a number of seconds, 0 or more.")
    return seconds


def _word(text: str | None, option: str, words: tuple[str, ...]) -> str:
    """Return one of some words, the first of them by default."""
    if text is not None and text not in words:
        raise BadInputError(f"--hil-{option} is {text!r}; say {' or '.join(words)}.")
    return text or words[0]


def _console(text: str | None) -> str | None:
    if text not in (None, *_CONSOLES):
        raise BadInputError(f"--hil-console is {text!r}; say {' or '.join(_CONSOLES)}.")
    return text


def _rounds(text: str, option: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise BadInputError(f"--hil-{option} is {text!r}; give a whole number of at least 1.")
    return int(text)


def _certainty(config: pytest.Config, rounds: int) -> "Certainty":
    from hil.budgets.certainty import LEVEL, MAX_ROUNDS, Certainty, parse_level

    asked, most = _text(config, "confidence"), _text(config, "max-rounds")
    certainty = Certainty(
        level=parse_level(asked, "--hil-confidence") if asked else LEVEL,
        sequential=asked is not None,
        rounds=rounds,
        max_rounds=_rounds(most, "max-rounds") if most else max(MAX_ROUNDS, rounds),
        undecided=_word(_text(config, "undecided"), "undecided", _UNDECIDED),
    )
    if certainty.max_rounds < rounds:
        raise BadInputError(
            f"--hil-max-rounds is {certainty.max_rounds}, fewer than the {rounds} of --hil-rounds; "
            "give as many or more."
        )
    return certainty
