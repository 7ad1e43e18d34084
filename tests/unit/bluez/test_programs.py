# SPDX-License-Identifier: MIT
"""Programs of unpacked packages, and what is said where one lacks something."""

import pytest

from bluez_machine.errors import MachineMissingError
from bluez_machine.programs import entries


def test_what_no_package_holds_is_named(tmp_path):
    with pytest.raises(MachineMissingError, match=r"hold no ld-linux-x86-64\.so\.2; add the"):
        list(entries(tmp_path, ["socat"]))
