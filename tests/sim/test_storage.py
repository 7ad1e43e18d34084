# SPDX-License-Identifier: MIT
"""Settings and model slots of the virtual board, whenever its power is cut."""

import pytest
from esp_idf_defs import PartitionTable
from hypothesis import given
from hypothesis import strategies as st

from hil.firmware import virtual as firmware_build
from hil.protocol import ErrorCode
from hil.sim.chip.boot import Booted
from hil.sim.chip.layout import Layout
from hil.sim.chip.nor import SECTOR, NorFlash
from hil.sim.chip.nvs import Nvs
from hil.sim.chip.storage import MAGIC, Storage
from hil.sim.chip.update import APP, MODEL, Update

ROOT = firmware_build.ROOT

pytestmark = pytest.mark.skipif(
    not firmware_build.is_checkout(), reason="needs the repository's firmware/ directory"
)


def layout(table: str) -> Layout:
    return Layout(PartitionTable.from_csv((ROOT / table).read_text()))


class PowerCutError(Exception):
    """The board's power is gone."""


class Fading(NorFlash):
    """A flash that loses its power after a number of operations."""

    left = 1_000_000

    def program(self, offset: int, data: bytes) -> None:
        self._fade()
        super().program(offset, data)

    def erase(self, offset: int, length: int) -> None:
        self._fade()
        super().erase(offset, length)

    def _fade(self) -> None:
        if not self.left:
            raise PowerCutError
        self.left -= 1


class Memory:
    """The processor, as far as an update needs it: where the uploaded bytes are."""

    data = b""

    def read(self, _address: int, length: int) -> bytes:
        return self.data[:length]

    def charge(self, _cycles: int) -> None:
        pass


LAYOUT = layout("partitions.csv")


def storage(flash: NorFlash, *, by_software: bool = False) -> Storage:
    return Storage(Memory(), flash, LAYOUT, by_software=by_software)


def model_in(flash: NorFlash) -> bytes:
    """Return the first bytes of the model that a boot after a power cut opens."""
    return storage(flash).slot_bytes(0, 8) or b""


def write_model(flash: NorFlash, name: bytes) -> None:
    """Upload a model, cut into chunks that have no regard for the magic."""
    used = storage(flash)
    memory = Memory()
    update = Update(memory, flash, Booted(None, b"", LAYOUT, LAYOUT.slots[0], False), used)
    imports = update.imports()
    content = MAGIC + name
    assert imports["update_begin"](MODEL, len(content)) == 0
    for part in (content[:3], content[3:5], content[5:]):
        memory.data = part
        assert imports["update_write"](0, len(part)) == 0
    used.try_model(used.other_model)


@given(st.integers(0, 20), st.booleans())
def test_one_model_or_the_other_is_open_wherever_the_power_is_cut(cut: int, twice: bool) -> None:
    flash = Fading(16 << 20)
    flash.program(LAYOUT.models[0].offset, MAGIC + b"old!")
    if twice:
        write_model(flash, b"mid!")
        storage(flash, by_software=True).confirm_model()
    before = model_in(flash)
    flash.left = cut
    try:
        write_model(flash, b"new!")
        tried = storage(flash, by_software=True)
        assert tried.slot_bytes(0, 8) == MAGIC + b"new!"
        tried.confirm_model()
        finished = True
    except PowerCutError:
        finished = False
    flash.left = 1_000_000
    assert model_in(flash) in ((MAGIC + b"new!",) if finished else (before, MAGIC + b"new!"))


def test_a_model_is_tried_once_and_only_after_a_reset_by_software() -> None:
    for by_software in (True, False):
        flash = NorFlash()
        flash.program(LAYOUT.models[0].offset, MAGIC + b"old!")
        write_model(flash, b"new!")
        assert storage(flash, by_software=by_software).model_on_trial is by_software
        assert not storage(flash, by_software=True).model_on_trial
        assert model_in(flash) == MAGIC + b"old!"


def test_a_board_without_any_model_has_the_first_slot_in_use_until_one_is_confirmed() -> None:
    flash = NorFlash()
    assert str(getattr(storage(flash).model, "name", "")) == "model_0"
    write_model(flash, b"new!")
    storage(flash, by_software=True).confirm_model()
    assert model_in(flash) == MAGIC + b"new!"


@pytest.mark.parametrize("what", [APP, MODEL])
def test_a_table_with_one_partition_of_a_kind_takes_no_update(what: int) -> None:
    small, flash = layout("partitions_8mb.csv"), NorFlash()
    used = Storage(Memory(), flash, small, by_software=False)
    update = Update(Memory(), flash, Booted(None, b"", small, small.slots[0], False), used)
    assert update.imports()["update_begin"](what, 100) == ErrorCode.UNSUPPORTED


def test_settings_outlive_each_other_and_are_removed() -> None:
    flash = NorFlash(SECTOR)
    nvs = Nvs(flash, 0)
    nvs.put(ssid="näme", password="secret")
    nvs.put(other="1", password=None)
    assert [Nvs(flash, 0).get(key) for key in ("ssid", "password", "other")] == ["näme", None, "1"]


@given(st.binary(max_size=200))
def test_whatever_else_is_in_the_partition_counts_as_no_settings(noise: bytes) -> None:
    flash = NorFlash(SECTOR)
    flash.program(0, noise)
    nvs = Nvs(flash, 0)
    assert nvs.get("ssid") is None
    nvs.put(ssid="a")
    assert nvs.get("ssid") == "a"


def test_settings_are_written_only_where_they_are_news() -> None:
    flash = Fading(SECTOR)
    Nvs(flash, 0).put(ssid="a")
    flash.left = 0
    Nvs(flash, 0).put(ssid="a")
    Nvs(flash, None).put(ssid="b")
    with pytest.raises(PowerCutError):
        Nvs(flash, 0).put(ssid="b")
