# SPDX-License-Identifier: MIT
"""The photos that come with the harness, and loading photos from any directory."""

import contextlib
import csv
import hashlib
import io
import os
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hil import resources
from hil.errors import BadInputError, InfrastructureError
from hil.model.inputs.photos import Photo, default_photos, load_photos
from hil.model.labels import label_key
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


class TestFilesOfOthers:
    """What must neither be waited for, nor followed, nor executed, nor fill the memory."""

    @pytest.mark.parametrize("place", ["a.png", "pug/a.png", "index.csv"])
    def test_a_pipe_where_a_file_is_expected_is_refused_at_once(self, tmp_path, place):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        os.mkfifo(tmp_path / place)
        with pytest.raises(BadInputError, match="it is a pipe, not a file"):
            load_photos(tmp_path)

    def test_a_listed_pipe_and_a_directory_as_index_are_refused(self, tmp_path):
        os.mkfifo(tmp_path / "one.png")
        index(tmp_path, f"one.png,{'0' * 64},pug")
        with pytest.raises(BadInputError, match="it is a pipe, not a file"):
            load_photos(tmp_path)
        (tmp_path / "index.csv").unlink()
        (tmp_path / "index.csv").mkdir()
        with pytest.raises(BadInputError, match="it is a directory, not a file"):
            load_photos(tmp_path)

    def test_a_dangling_link_is_refused(self, tmp_path):
        (tmp_path / "a.png").symlink_to("gone.png")
        with pytest.raises(BadInputError, match=r"a\.png cannot be used \(No such file"):
            load_photos(tmp_path)

    @pytest.mark.parametrize("name", ["../a.png", "sub/../../a.png", "{absolute}"])
    def test_the_index_stays_inside_its_directory(self, tmp_path, name):
        path = picture(tmp_path / "a.png")
        inside = tmp_path / "photos"
        inside.mkdir()
        index(inside, f"{name.format(absolute=path)},{checksum(path)},pug")
        with pytest.raises(BadInputError, match=r"line 2 names .*, which lies outside"):
            load_photos(inside)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"file,sha256\n\0.png,00\n", "cannot be read|no CSV"),
            (b'file,sha256\n"' + b"a" * 200_000, "is no CSV|cannot be read"),
            (b"file,sha256,class_id\na.png,00,many\n", "cannot be read"),
        ],
    )
    def test_an_odd_index_is_refused(self, tmp_path, content, message):
        (tmp_path / "index.csv").write_bytes(content)
        with pytest.raises(BadInputError, match=message):
            load_photos(tmp_path)

    def test_a_class_id_comes_from_the_index_and_is_a_number(self, tmp_path):
        path = picture(tmp_path / "a.png")
        header = "file,sha256,label,class_id"
        index(tmp_path, f"a.png,{checksum(path)},maillot,639", header=header)
        assert [photo.class_id for photo in load_photos(tmp_path)] == [639]
        index(tmp_path, f"a.png,{checksum(path)},maillot,-1", header=header)
        with pytest.raises(BadInputError, match="class_id '-1': give a number"):
            load_photos(tmp_path)

    def test_names_of_any_bytes_are_listed(self, tmp_path):
        name = os.fsdecode(b"c\xfct\x1b[31m.png")
        picture(tmp_path / "a.png").rename(tmp_path / name)
        (photo,) = load_photos(tmp_path)
        assert photo.name == name
        assert photo.open().size == (4, 2)

    def test_postscript_is_no_photo_whatever_it_is_called(self, tmp_path):
        Image.new("RGB", (4, 2)).save(tmp_path / "a.eps")
        (tmp_path / "a.eps").rename(tmp_path / "a.jpg")
        with pytest.raises(BadInputError, match="it is none of BMP, GIF, JPEG, PNG, TIFF, WEBP"):
            load_photos(tmp_path)[0].open()

    @pytest.mark.parametrize("side", [10_000, 20_000])
    def test_more_than_fifty_million_pixels_are_refused_before_they_are_decoded(
        self, tmp_path, side
    ):
        path = picture(tmp_path / "a.png")
        data = bytearray(path.read_bytes())
        data[16:24] = side.to_bytes(4, "big") * 2
        data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
        path.write_bytes(data)
        with pytest.raises(BadInputError, match="pixels"):
            load_photos(tmp_path)[0].open()

    @settings(max_examples=150)
    @given(
        st.sampled_from(["BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP"]),
        st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=6),
        st.floats(0, 1),
    )
    def test_a_damaged_photo_is_decoded_or_bad_input(self, tmp_path_factory, kind, damage, end):
        file = io.BytesIO()
        Image.new("RGB", (40, 30), "red").save(file, kind)
        data = bytearray(file.getvalue())
        for place, content in damage:
            start = int(place * (len(data) - len(content)))
            data[start : start + len(content)] = content
        path = tmp_path_factory.getbasetemp() / "damaged.png"
        path.write_bytes(data[: max(1, int(end * len(data)))] if end < 0.5 else data)
        with contextlib.suppress(BadInputError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Photo(path, path.name).open()


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

    @pytest.mark.parametrize("suffix", ["png", "tif"])
    def test_16_bits_are_scaled_and_not_clipped(self, tmp_path, suffix):
        wide = np.array([[0, 255, 256, 32768, 65535]], np.uint16)
        Image.fromarray(wide).save(tmp_path / f"a.{suffix}")
        found = np.asarray(load_photos(tmp_path)[0].open())[0, :, 0]
        assert found.tolist() == [0, 1, 1, 128, 255]

    def test_a_transparent_grey_of_16_bits_is_white(self, tmp_path):
        wide = np.array([[1000, 2000]], np.uint16)
        Image.fromarray(wide).save(tmp_path / "a.png", transparency=1000)
        assert np.asarray(load_photos(tmp_path)[0].open())[0, :, 0].tolist() == [255, 8]

    def test_values_without_a_known_range_are_refused(self, tmp_path):
        Image.fromarray(np.zeros((2, 2), np.float32)).save(tmp_path / "a.tiff")
        with pytest.raises(BadInputError, match="32 bits and no known range"):
            load_photos(tmp_path)[0].open()

    @pytest.mark.parametrize("suffix", ["gif", "tiff", "bmp", "webp", "jpeg", "png"])
    def test_every_usual_format_is_a_photo(self, tmp_path, suffix):
        picture(tmp_path / f"a.{suffix}")
        assert load_photos(tmp_path)[0].open().size == (4, 2)

    def test_of_several_frames_the_first_counts(self, tmp_path):
        frames = [Image.new("RGB", (4, 2), colour) for colour in ("red", "blue")]
        frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
        assert load_photos(tmp_path)[0].open().getpixel((0, 0)) == (255, 0, 0)

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
        probe = "import sys, hil.model.inputs.photos; sys.exit('PIL' in sys.modules)"
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
