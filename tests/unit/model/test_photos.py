# SPDX-License-Identifier: MIT
"""The photos that come with the harness, and loading photos from any directory."""

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hil import resources
from hil.errors import BadInputError, InfrastructureError
from hil.model.labels import label_key
from hil.model.photos import default_photos, load_photos
from hil.resources import resource

LICENCES = {
    "BSD-3-Clause",
    "CC-BY-2.0",
    "CC-BY-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "MIT",
    "public domain",
}
COLUMNS = [
    "file",
    "sha256",
    "label",
    "licence",
    "author",
    "source_package",
    "source_path",
    "source_url",
    "changes",
]


def picture(path: Path, mode: str = "RGB", colour: object = "red", **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (4, 2), colour).save(path, **options)
    return path


def index(directory: Path, *rows: str, header: str = "file,sha256,label") -> None:
    (directory / "index.csv").write_text("\n".join([header, *rows]), encoding="utf-8")


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def records() -> list[dict[str, str]]:
    with (default_photos() / "index.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


class TestDefaultPhotos:
    """The photos of the repository and their index."""

    def test_there_are_enough_and_every_checksum_holds(self):
        photos = load_photos(default_photos())  # checks them
        assert len(photos) >= 24
        assert sum(photo.name.startswith("dog") for photo in photos) >= 4

    def test_the_index_lists_every_image(self, records):
        images = {path.name for path in default_photos().glob("*.jpg")}
        assert {record["file"] for record in records} == images

    def test_every_record_is_complete(self, records):
        for record in records:
            assert list(record) == COLUMNS
            assert all(record[column] for column in COLUMNS if column != "label"), record["file"]

    def test_every_licence_allows_redistribution(self, records):
        assert {record["licence"] for record in records} <= LICENCES

    def test_every_licence_is_explained(self, records):
        text = (default_photos() / "LICENCES.txt").read_text(encoding="utf-8")
        for record in records:
            assert record["licence"] in text
            if record["licence"] in {"MIT", "BSD-3-Clause"}:
                assert record["file"] in text

    def test_every_source_is_pinned(self, records):
        assert all("=" in record["source_package"] for record in records)

    def test_every_photo_decodes_to_upright_rgb_of_at_most_480_pixels(self):
        for photo in load_photos(default_photos()):
            decoded = photo.open()
            assert decoded.mode == "RGB"
            assert 224 <= max(decoded.size) <= 480

    def test_no_photo_carries_metadata(self):
        for photo in load_photos(default_photos()):
            with Image.open(photo.path) as opened:
                assert not opened.getexif()

    def test_they_stay_small(self):
        assert sum(photo.path.stat().st_size for photo in load_photos(default_photos())) < 2_500_000

    def test_some_show_what_the_default_model_knows(self):
        known = {label_key(photo.label) for photo in load_photos(default_photos()) if photo.label}
        labels = Path(resource("models/dogs19/labels.txt")).read_text(encoding="utf-8").splitlines()
        assert known & {label_key(label) for label in labels}


class TestFlatDirectory:
    """A directory of images and nothing else."""

    def test_photos_are_unlabelled_and_sorted_by_name(self, tmp_path):
        for name in ("b.png", "a.JPG", "c.webp"):
            picture(tmp_path / name)
        assert [(p.name, p.label) for p in load_photos(tmp_path)] == [
            ("a.JPG", None),
            ("b.png", None),
            ("c.webp", None),
        ]

    def test_other_and_hidden_files_are_left_out(self, tmp_path):
        picture(tmp_path / "a.png")
        picture(tmp_path / "._a.png")
        picture(tmp_path / ".cache" / "b.png")
        (tmp_path / "a.mat").write_bytes(b"MATLAB")
        assert [photo.name for photo in load_photos(tmp_path)] == ["a.png"]

    def test_nothing_is_decoded_until_asked_for(self, tmp_path):
        (tmp_path / "broken.jpg").write_bytes(b"not a picture")
        (photo,) = load_photos(tmp_path)
        with pytest.raises(BadInputError, match=r"broken\.jpg cannot be decoded"):
            photo.open()


class TestLabelDirectories:
    """One sub-directory for each label."""

    def test_the_sub_directory_is_the_label(self, tmp_path):
        picture(tmp_path / "Siberian_husky" / "1.png")
        picture(tmp_path / "pug" / "1.png")
        assert [(p.name, p.label) for p in load_photos(tmp_path)] == [
            ("Siberian_husky/1.png", "Siberian_husky"),
            ("pug/1.png", "pug"),
        ]

    @pytest.mark.parametrize(
        ("directory", "label"),
        [
            ("n02085620-Chihuahua", "Chihuahua"),
            ("n02086240-Shih-Tzu", "Shih-Tzu"),
            ("n0208-x", "n0208-x"),
        ],
    )
    def test_the_synset_of_stanford_dogs_is_stripped(self, tmp_path, directory, label):
        picture(tmp_path / directory / "n02085620_10074.jpg")
        assert load_photos(tmp_path)[0].label == label

    def test_only_one_level_is_searched(self, tmp_path):
        picture(tmp_path / "Images" / "pug" / "1.png")
        with pytest.raises(BadInputError, match="holds no photos"):
            load_photos(tmp_path)


class TestIndexedDirectory:
    """A directory that an index.csv describes."""

    def test_labels_come_from_the_index_and_unlisted_files_are_left_out(self, tmp_path):
        one, two = picture(tmp_path / "one.png"), picture(tmp_path / "sub" / "two.png")
        picture(tmp_path / "three.png")
        index(tmp_path, f"sub/two.png,{checksum(two)},pug", f"one.png,{checksum(one).upper()},")
        assert [(p.name, p.label) for p in load_photos(tmp_path)] == [
            ("one.png", None),
            ("sub/two.png", "pug"),
        ]

    def test_an_altered_file_is_refused(self, tmp_path):
        one = picture(tmp_path / "one.png")
        index(tmp_path, f"one.png,{checksum(one)},pug")
        picture(one, colour="blue")
        with pytest.raises(BadInputError, match=r"one\.png is not the file .* lists \(SHA-256"):
            load_photos(tmp_path)

    def test_a_missing_file_is_refused(self, tmp_path):
        index(tmp_path, f"one.png,{'0' * 64},pug")
        with pytest.raises(BadInputError, match=r"one\.png is listed in index\.csv but cannot"):
            load_photos(tmp_path)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "lacks the columns"),
            (b"name,label\none.png,pug\n", "lacks the columns"),
            (b"\xff\xfe\x00", "save it as UTF-8"),
            (b"file,sha256\n,00\n", "line 2 names no file"),
            (b"file,sha256\nabsent.png\n", "cannot be read"),
            (b"file,sha256\n", "holds no photos"),
        ],
    )
    def test_a_malformed_index_is_refused(self, tmp_path, content, message):
        (tmp_path / "index.csv").write_bytes(content)
        with pytest.raises(BadInputError, match=message):
            load_photos(tmp_path)

    def test_a_file_listed_twice_is_refused(self, tmp_path):
        row = f"one.png,{checksum(picture(tmp_path / 'one.png'))},pug"
        index(tmp_path, row, row)
        with pytest.raises(BadInputError, match="line 3 names no file, or one named before"):
            load_photos(tmp_path)


class TestBadDirectory:
    """What is not a directory of photos."""

    def test_a_missing_one_is_named(self, tmp_path):
        with pytest.raises(BadInputError, match=r"nowhere is not a directory .* --hil-photos"):
            load_photos(tmp_path / "nowhere")

    def test_a_file_is_not_one(self, tmp_path):
        with pytest.raises(BadInputError, match="is not a directory"):
            load_photos(picture(tmp_path / "a.png"))

    def test_an_empty_one_is_refused(self, tmp_path):
        with pytest.raises(BadInputError, match="holds no photos"):
            load_photos(tmp_path)


class TestOpening:
    """Decoding one photo."""

    def test_transparent_parts_become_white(self, tmp_path):
        picture(tmp_path / "a.png", "RGBA", (255, 0, 0, 0))
        assert load_photos(tmp_path)[0].open().getpixel((0, 0)) == (255, 255, 255)

    def test_grey_becomes_rgb(self, tmp_path):
        picture(tmp_path / "a.png", "L", 7)
        assert load_photos(tmp_path)[0].open().getpixel((0, 0)) == (7, 7, 7)

    def test_the_camera_orientation_is_applied(self, tmp_path):
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by 90 degrees
        picture(tmp_path / "a.jpg", exif=exif)
        assert load_photos(tmp_path)[0].open().size == (2, 4)

    def test_a_truncated_file_is_refused(self, tmp_path):
        whole = picture(tmp_path / "a.png").read_bytes()
        (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(BadInputError, match="cannot be decoded"):
            load_photos(tmp_path)[0].open()

    def test_importing_the_module_does_not_import_pillow(self):
        probe = "import sys, hil.model.photos; sys.exit('PIL' in sys.modules)"
        assert (
            subprocess.run([sys.executable, "-c", probe], timeout=60, check=False).returncode == 0
        )


class TestLabelKey:
    """Comparing labels."""

    @pytest.mark.parametrize("written", ["German shepherd", "german_shepherd", " German-Shepherd "])
    def test_spelling_does_not_count(self, written):
        assert label_key(written) == "german shepherd"

    def test_different_breeds_stay_different(self):
        assert label_key("toy poodle") != label_key("miniature poodle")

    @given(st.text())
    def test_is_idempotent(self, label):
        assert label_key(label_key(label)) == label_key(label)


class TestResource:
    """Finding data in a checkout and in an installed package."""

    @pytest.fixture
    def package(self, tmp_path, monkeypatch):
        package = tmp_path / "hil"
        package.mkdir()
        monkeypatch.setattr(resources, "PACKAGE", package)
        return package

    def test_an_installed_package_holds_its_own_data(self, package):
        (package / "data" / "firmware").mkdir(parents=True)
        assert resource("firmware") == package / "data" / "firmware"

    def test_a_checkout_comes_first(self, package):
        (package.parent / "pyproject.toml").write_text('[project]\nname = "esp32-split-hil"\n')
        (package.parent / "firmware" / "virtual" / "prebuilt").mkdir(parents=True)
        (package / "data" / "firmware").mkdir(parents=True)
        assert resource("firmware") == package.parent / "firmware" / "virtual" / "prebuilt"

    @pytest.mark.parametrize("text", ['[project]\nname = "other"\n', "[project\n", ""])
    def test_another_project_is_not_a_checkout(self, package, text):
        (package.parent / "pyproject.toml").write_text(text)
        (package.parent / "photos").mkdir()
        with pytest.raises(InfrastructureError, match="'photos' is not part of this installation"):
            resource("photos")
