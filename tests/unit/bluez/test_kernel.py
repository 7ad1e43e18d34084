# SPDX-License-Identifier: MIT
"""Kernel modules in the order in which they can be loaded."""

import lzma

from bluez_machine.kernel import in_order


def module(*depends):
    return b"\x7fELF\0license=GPL\0depends=" + ",".join(depends).encode() + b"\0name=x\0"


def test_a_module_comes_after_what_it_depends_on(tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "hci-uart.ko").write_bytes(module("bluetooth", "serdev_core"))
    (tmp_path / "bluetooth.ko.xz").write_bytes(lzma.compress(module("crc16", "ecdh-generic")))
    (tmp_path / "crc16.ko").write_bytes(module())
    (tmp_path / "ecdh_generic.ko").write_bytes(module("crc16"))
    (tmp_path / "nobody.ko").write_bytes(module())
    order = in_order(tmp_path, ["hci_uart", "bluetooth", "built_in"])
    assert list(order) == ["crc16", "ecdh_generic", "bluetooth", "hci_uart"]
    assert order["bluetooth"] == module("crc16", "ecdh-generic")
