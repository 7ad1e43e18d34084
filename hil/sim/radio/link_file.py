# SPDX-License-Identifier: MIT
"""Link parameters from a TOML file, as ``hil sim --link`` and ``--hil-link`` take it.

A file has `seed` and the tables [tcp], [udp], [espnow] and [ble]. What a table says replaces the
preset's value; ``unshaped = true`` takes all delays away. docs/lossy.toml is an example.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hil.errors import BadInputError
from hil.host.files.reading import read_toml
from hil.settings import place, within
from hil.sim.radio.link import LinkParameters
from hil.sim.radio.presets import PRESETS, unshaped

_COUNTS = {  # smallest and largest value
    "rate_kbps": (1, 10_000_000),
    "overhead_bytes": (0, 10_000),
    "packet_bytes": (20, 65_507),
    "latency_us": (0, 10_000_000),
    "jitter_us": (0, 10_000_000),
    "interval_us": (0, 4_000_000),
}
_SHARES = ("loss", "duplicate", "reorder")
_DELAYS = ("rate_kbps", "latency_us", "jitter_us", "interval_us")
_KEYS = (*_COUNTS, *_SHARES, "unshaped")

_ONLY = {"interval_us": ("ble",), "duplicate": ("udp", "espnow"), "reorder": ("udp", "espnow")}
"""Keys that only some links have."""


@dataclass(frozen=True)
class LinkFile:
    """What a file says.

    Attributes:
        parameters: of the links that it names.
        seed: of everything random, None if it names none.
    """

    parameters: dict[str, LinkParameters]
    seed: int | None = None

    @classmethod
    def of(cls, document: Mapping[str, object]) -> "LinkFile":
        """Read a parsed file.

        Raises:
            BadInputError: it says something that no link has, or a value out of range.
        """
        parameters, seed = {}, None
        for name, value in document.items():
            with within(name):
                if name == "seed":
                    seed = _integer("seed", value, 0, 2**63 - 1)
                elif name not in PRESETS:
                    raise BadInputError(
                        f"a link file has seed and the tables {_words(PRESETS)}, not '{name}'"
                    )
                elif not isinstance(value, Mapping):
                    raise BadInputError(f"{name} in a link file is a table: write [{name}]")
                else:
                    parameters[name] = _table(name, value)
        return cls(parameters, seed)


def read_link_file(path: Path) -> dict[str, object]:
    """Return the parsed file at `path`, which has been found to be sound.

    Raises:
        BadInputError: it cannot be read, is not TOML, or not such a file.
    """
    try:
        document = read_toml(path)
    except OSError as error:
        raise BadInputError(
            f"The link file {path} cannot be read ({error.strerror}); name another."
        ) from error
    except ValueError as error:
        raise BadInputError(f"The link file {path} is not TOML ({error}); mend it.") from error
    try:
        LinkFile.of(document)
    except BadInputError as error:
        raise BadInputError(f"{place(path, error)}: {error}") from error
    return document


def _table(link: str, table: Mapping[str, object]) -> LinkParameters:
    values: dict[str, int | float] = {}
    for key, value in table.items():
        name = f"{link}.{key}"
        with within(key):
            if key not in _KEYS or link not in _ONLY.get(key, (link,)):
                known = [k for k in _KEYS if link in _ONLY.get(k, (link,))]
                raise BadInputError(f"[{link}] has no key '{key}': it has {_words(known)}")
            if key == "unshaped":
                if not isinstance(value, bool):
                    raise BadInputError(f"{name} is true or false, not {value!r}")
            elif key in _SHARES:
                values[key] = _share(name, value)
            else:
                values[key] = _integer(name, value, *_COUNTS[key])
    base = PRESETS[link]
    if table.get("unshaped"):
        delays = [key for key in _DELAYS if key in values]
        if delays:
            raise BadInputError(
                f"[{link}] cannot be unshaped and have {_words(delays)}: drop one", at=(delays[0],)
            )
        base = unshaped(base)
    return replace(base, **values)  # type: ignore[arg-type]


def _integer(name: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadInputError(f"{name} is a whole number from {least} to {most}, not {value!r}")
    return value


def _share(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise BadInputError(f"{name} is a share of packets, at least 0 and below 1, not {value!r}")
    return float(value)


def _words(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else str(last)
