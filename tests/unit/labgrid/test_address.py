# SPDX-License-Identifier: MIT
"""Which coordinator is meant."""

from pathlib import Path

import pytest

from hil.errors import BadInputError
from hil.labgrid.address import coordinator_address

pytestmark = pytest.mark.usefixtures("own_computer")


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LG_COORDINATOR", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_environment_counts_before_hil_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    assert coordinator_address("file:1") == "file:1"
    monkeypatch.setenv("LG_COORDINATOR", "variable:2")
    assert coordinator_address("file:1") == "variable:2"


def test_hil_toml_of_the_working_directory_counts_where_no_other_was_read(tmp_path: Path) -> None:
    (tmp_path / "hil.toml").write_text('[labgrid]\ncoordinator = "lab"\n')
    assert coordinator_address() == "lab:20408"


@pytest.mark.parametrize(
    ("named", "address"),
    [("lab", "lab:20408"), ("10.0.0.1:5", "10.0.0.1:5"), ("[::1]:5", "[::1]:5")],
)
def test_labgrids_port_is_meant_where_none_is_named(named: str, address: str) -> None:
    assert coordinator_address(named) == address


def test_none_is_bad_input() -> None:
    with pytest.raises(BadInputError, match=r"not said: name it in hil\.toml .* LG_COORDINATOR"):
        coordinator_address()


@pytest.mark.parametrize("named", ["lab:x", "lab:99999", "http://lab", ":5", "ada@lab", "lab/a"])
def test_what_is_no_address_is_bad_input(named: str) -> None:
    with pytest.raises(BadInputError, match="which is no address; write it as host or host:port"):
        coordinator_address(named)
