# SPDX-License-Identifier: MIT
"""What other packages add: whether it can be used."""

from collections.abc import Iterator

from hil.doctor.finding import Finding, good, note
from hil.errors import HilError
from hil.rig.providers.extensions import BOARDS, POWER, package


def extension_findings() -> Iterator[Finding]:
    """Look at every provider and switch that another package registers.

    One that cannot be used is no error here: it is one of the rig's where the rig needs it.
    """
    for seam in (BOARDS, POWER):
        for name, entries in sorted(seam.others().items()):
            check = f"{seam.what} {name}"
            of = " and ".join(map(package, entries))
            if name in seam.built_in:
                yield note(check, f"of {of} is not used: what is built in has that name")
                continue
            try:
                seam.make(name)
            except HilError as error:
                yield note(check, str(error))
            else:
                yield good(check, f"of {of}")
