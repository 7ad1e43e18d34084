# SPDX-License-Identifier: MIT
"""Which places are meant: ``chip=esp32s3,board=a``. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from hil.errors import BadInputError
from hil.rig.providers.named import PLACE

Tags = Mapping[str, str]
"""What a place must have to be meant, by the tags' names."""

_KEY = re.compile(r"[a-z][a-z0-9_]+")
"""What labgrid takes for a tag's name."""


def parse_filter(text: str) -> dict[str, str]:
    """Return the tags that a place must have; none are any place.

    Args:
        text: tags with commas between them; ``name=PLACE`` is one that each place has.

    Raises:
        BadInputError: it is none.
    """
    tags: dict[str, str] = {}
    for part in text.split(",") if text else ():
        key, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not value or not _KEY.fullmatch(key):
            raise BadInputError(
                f"The filter labgrid:{text} cannot be read at {part.strip()!r}; write tags as "
                "KEY=VALUE with commas between them, such as labgrid:chip=esp32s3,board=a, or "
                "labgrid:name=PLACE."
            )
        if key in tags:
            raise BadInputError(f"The filter labgrid:{text} has the tag {key} twice; leave one.")
        tags[key] = value
    return tags


def shown_filter(tags: Mapping[str, str]) -> str:
    """Return a filter as it is written behind ``--hil-board``."""
    return "labgrid:" + ",".join(f"{key}={value}" for key, value in tags.items())


def shown_filters(filters: Iterable[Tags]) -> str:
    """Return the filters of several places in words, each once."""
    counted = Counter(shown_filter(tags) for tags in filters)
    return " and ".join(f"{n} of {each}" if n > 1 else each for each, n in counted.items())


def matches(tags: Mapping[str, str], place: Mapping[str, str]) -> bool:
    """Whether a place with some tags, its name among them, is one of those that are meant."""
    return tags.items() <= place.items()


def no_place(tags: Mapping[str, str], places: Iterable[Mapping[str, str]], where: str) -> str:
    """Return a sentence on which tag it is that no place has.

    Args:
        tags: the filter, which matches none.
        places: the tags of each place there is, its name among them.
        where: the coordinator.
    """
    known = list(places)
    if not known:
        return (
            f"The labgrid coordinator at {where} has no places; make one (labgrid-client create)."
        )
    advice = "mend the filter, or the place's tags ('hil boards --labgrid' shows them)."
    for key, value in tags.items():
        have = sorted({place[key] for place in known if key in place})
        if not have:
            return f"No place of the labgrid coordinator at {where} has a tag {key}; {advice}"
        if value not in have:
            if key == PLACE:
                return (
                    f"The labgrid coordinator at {where} has no place {value!r}; its places are "
                    f"{', '.join(have)}."
                )
            return (
                f"No place of the labgrid coordinator at {where} has {key}={value}, they have "
                f"{', '.join(f'{key}={each}' for each in have)}; {advice}"
            )
    return (
        f"Each tag of {shown_filter(tags)} is one of some place of the labgrid coordinator at "
        f"{where}, but none has all of them; {advice}"
    )
