# SPDX-License-Identifier: MIT
"""Where the coordinator is: ``LG_COORDINATOR``, then ``hil.toml``."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from hil.errors import BadInputError
from hil.rig.file import RigFile

VARIABLE = "LG_COORDINATOR"
"""Environment variable that labgrid's own programs go by, too."""

_PORT = 20408


def coordinator_address(named: str | None = None) -> str:
    """Return the coordinator's ``host:port``; labgrid's own port where none is named.

    Args:
        named: by ``hil.toml``, as far as the caller has read it; else the one of the working
            directory counts. The environment variable comes first.

    Raises:
        BadInputError: none is named, or what is named is no address.
    """
    told = os.environ.get(VARIABLE)
    source = VARIABLE if told else "[labgrid] in hil.toml"
    told = told or named or RigFile.find([Path.cwd()]).coordinator
    if not told:
        raise BadInputError(
            "Which labgrid coordinator is meant is not said: name it in hil.toml ([labgrid] "
            f'coordinator = "host:port") or by {VARIABLE}.'
        )
    try:
        parts = urlsplit(f"//{told}")
        host, port = parts.hostname, parts.port or _PORT
    except ValueError:
        host, port = None, 0
    if not host or parts.path or parts.query or parts.username is not None:
        raise BadInputError(
            f"The labgrid coordinator is {told!r} ({source}), which is no address; write it as "
            "host or host:port."
        )
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
