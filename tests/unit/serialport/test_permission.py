# SPDX-License-Identifier: MIT
"""What is said about a port that may not be opened."""

import grp
import os
import pwd
from types import SimpleNamespace

import pytest

from hil.serialport.permission import may_open, permission_sentence

DIALOUT = 20_000


@pytest.fixture
def port(tmp_path, monkeypatch):
    """Make a device of a group; what the group's members and the mode are is made up."""
    path = tmp_path / "ttyUSB0"
    path.touch()

    def make(*, mode=0o660, group=DIALOUT, mine=()):
        status = SimpleNamespace(st_gid=group, st_mode=0o020000 | mode)
        monkeypatch.setattr("hil.serialport.permission.Path.stat", lambda _: status)
        monkeypatch.setattr(os, "getgrouplist", lambda *_: list(mine))
        monkeypatch.setattr(grp, "getgrgid", lambda gid: SimpleNamespace(gr_name="uucp"))
        return str(path)

    return make


def test_the_group_of_the_device_is_named_with_the_command_that_joins_it(port):
    sentence = permission_sentence(port())
    assert "'sudo usermod -aG uucp $USER', and log in again." in sentence


def test_a_member_who_has_not_logged_in_since_is_told_so(port):
    assert "logged in again" in permission_sentence(port(mine=[DIALOUT]))
    assert "usermod" not in permission_sentence(port(mine=[DIALOUT]))


@pytest.mark.parametrize("device", [{"mode": 0o600}, {"group": 0}])
def test_a_device_of_no_group_needs_a_udev_rule(port, device):
    assert "udev rule" in permission_sentence(port(**device))


def test_a_group_without_a_name_is_called_by_its_number(port, monkeypatch):
    path = port()
    monkeypatch.setattr(grp, "getgrgid", lambda gid: {}[gid])
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: {}[uid])
    assert f"usermod -aG {DIALOUT}" in permission_sentence(path)


def test_a_file_of_ones_own_may_be_opened_and_one_that_is_not_there_may_not(tmp_path):
    (tmp_path / "port").touch()
    assert may_open(str(tmp_path / "port"))
    assert not may_open(str(tmp_path / "none"))


def test_macos_has_no_groups_of_ports(port, monkeypatch):
    path = port()
    monkeypatch.setattr("sys.platform", "darwin")
    assert permission_sentence(path) == (
        f"There is no permission to open {path}: run 'sudo chmod a+rw {path}'."
    )
