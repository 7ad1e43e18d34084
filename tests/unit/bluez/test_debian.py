# SPDX-License-Identifier: MIT
"""Debian's packages: which are needed, and what is said where they cannot be had."""

import pytest

from bluez_machine import debian
from bluez_machine.errors import MachineMissingError
from hil.errors import InfrastructureError

DEPENDS = """
print('''bluez
  Depends: libc6
 |Depends: libreadline8
  Depends: <libreadline>
    libreadline8
  Depends: kmod
libc6
  Depends: libgcc-s1
libgcc-s1
  Depends: libc6
kmod
  Depends: liblzma5''')
"""

APT_GET = """
import sys
if "--print-uris" in sys.argv:
    print("'http://here/bluez_5.66-1_amd64.deb' bluez_5.66-1_amd64.deb 10 SHA256:0")
    print("'http://here/zlib1g_1_amd64.deb' zlib1g_1:2_amd64.deb 10 SHA256:0")
else:
    for name in sys.argv[3:]:
        {act}
"""


def test_libraries_are_needed_and_what_they_need_in_turn(put):
    put("apt-cache", DEPENDS)
    assert debian.closure(["bluez"]) == ["bluez", "libc6", "libreadline8", "libgcc-s1"]


def test_only_what_is_not_there_is_fetched(put, tmp_path):
    put("apt-get", APT_GET.format(act="open({'zlib1g': 'zlib1g_1%3a2_amd64.deb'}[name], 'w')"))
    (tmp_path / "bluez_5.66-1_amd64.deb").touch()
    files = debian.fetch(["bluez", "zlib1g"], tmp_path)
    assert [file.name for file in files] == ["bluez_5.66-1_amd64.deb", "zlib1g_1%3a2_amd64.deb"]
    assert all(file.exists() for file in files)


def test_a_download_that_is_broken_off_leaves_nothing_behind(put, tmp_path):
    put("apt-get", APT_GET.format(act="open(f'{name}_5.66-1_amd64.deb', 'w'); sys.exit('E: no')"))
    with pytest.raises(MachineMissingError, match=r"'apt-get download -q bluez ...' failed \(no\)"):
        debian.fetch(["bluez", "zlib1g"], tmp_path / "packages")
    assert list((tmp_path / "packages").iterdir()) == []


def test_a_package_that_apt_does_not_leave_is_named(put, tmp_path):
    put("apt-get", APT_GET.format(act="pass"))
    with pytest.raises(MachineMissingError, match=r"not fetched bluez_5.66-1_amd64.deb; run 'apt-"):
        debian.fetch(["bluez", "zlib1g"], tmp_path)


def test_a_package_that_cannot_be_unpacked_is_fetched_again_the_next_time(put, tmp_path):
    put("dpkg-deb", "import sys; sys.exit('dpkg-deb: error: not a Debian format archive')")
    broken = tmp_path / "bluez_5.66-1_amd64.deb"
    broken.touch()
    with pytest.raises(MachineMissingError, match="not a Debian format archive"):
        debian.unpack([broken], tmp_path)
    assert not broken.exists()


def test_what_takes_too_long_is_ended(put, monkeypatch):
    put("apt-cache", "import time; time.sleep(60)")
    monkeypatch.setattr(debian, "ASK_S", 0.1)
    with pytest.raises(MachineMissingError, match=r"has not ended within 0\.1 s; look at the"):
        debian.closure(["bluez"])


def test_a_package_that_nobody_knows_is_named(put):
    put("apt-cache", "import sys; sys.exit('W: old\\nE: No packages found')")
    with pytest.raises(MachineMissingError, match=r"failed \(No packages found\); run 'apt"):
        debian.closure(["bluez"])


def test_another_system_than_debian_is_told_so(put):
    put("apt-get", "")
    with pytest.raises(MachineMissingError, match="apt-cache is not here; run these tests on"):
        debian.require_debian()


def test_another_processor_is_named(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(MachineMissingError, match="this computer is riscv64; run these tests"):
        debian.require_debian()


def test_what_is_missing_says_nothing_about_the_product():
    assert issubclass(MachineMissingError, InfrastructureError)
