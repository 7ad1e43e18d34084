# SPDX-License-Identifier: MIT
"""The prebuilt images of the repository are what its sources give, byte for byte."""

from pathlib import Path

import pytest

from hil.firmware import virtual as firmware_build
from hil.firmware.build import FirmwareBuild

VIRTUAL = firmware_build.ROOT / "virtual"
IMAGES = [("prebuilt", False), ("prebuilt-test", True)]

needs_zig = pytest.mark.skipif(
    not firmware_build.can_build(), reason="ziglang is not installed (extra 'firmware')"
)


def files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(("name", "test"), IMAGES)
def test_the_prebuilt_image_carries_version_and_digest_of_the_sources(
    name: str, test: bool
) -> None:
    app = FirmwareBuild.load(VIRTUAL / name).app
    assert app.version == firmware_build.version()
    assert app.source_digest == firmware_build.source_digest(test=test), (
        "the sources have changed: hil firmware build --out firmware/virtual/prebuilt"
    )


@needs_zig
@pytest.mark.parametrize(("name", "test"), IMAGES)
def test_a_rebuild_gives_the_prebuilt_image_byte_for_byte(
    name: str, test: bool, tmp_path: Path
) -> None:
    firmware_build.build(tmp_path, test=test)
    assert files(tmp_path) == files(VIRTUAL / name)


def test_the_images_belong_together() -> None:
    found = FirmwareBuild.load(VIRTUAL / "prebuilt").test_build
    assert found is not None
    assert found.directory == VIRTUAL / "prebuilt-test"


@needs_zig
def test_sources_that_do_not_compile_are_reported_with_the_compilers_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.c"
    broken.write_text("int oops(void) { return undeclared; }\n", encoding="utf-8")
    monkeypatch.setattr(firmware_build, "sources", lambda _root: [broken])
    monkeypatch.setattr(firmware_build, "source_digest", lambda _root, *, test: "ab" * 32)
    with pytest.raises(firmware_build.BadInputError, match=r"does not compile.*undeclared"):
        firmware_build.build(tmp_path / "out")
    assert not (tmp_path / "out").exists()
