# SPDX-License-Identifier: MIT
"""The file that says which combinations to test."""

from pathlib import Path

import pytest

from hil.errors import BadInputError
from hil.pytestplugin.turns.matrix import Matrix


@pytest.fixture
def load(tmp_path):
    def read(text):
        path = tmp_path / "matrix.toml"
        path.write_text(text)
        return Matrix.load(path)

    return read


def test_each_firmware_has_each_model_with_each_cut(load, tmp_path):
    matrix = load(
        'firmwares = ["build", "b.zip"]\nmodels = ["m/tiny", "x.tflite"]\ncuts = ["a", 1]'
    )
    assert [str(each) for each in matrix.combinations] == [
        *("build-tiny-a", "build-tiny-1", "build-x-a", "build-x-1"),
        *("b-tiny-a", "b-tiny-1", "b-x-a", "b-x-1"),
    ]
    last = matrix.combinations[-1]
    assert (last.firmware, last.model, last.cut) == (tmp_path / "b.zip", tmp_path / "x.tflite", "1")
    assert matrix.axes == ("firmware", "model", "cut")


def test_a_model_may_have_cuts_of_its_own_and_a_name(load):
    matrix = load('models = [{path = "m/tiny", name = "t", cuts = ["b"]}, "ties"]\ncuts = ["a"]')
    assert [str(each) for each in matrix.combinations] == ["t-b", "ties-a"]


def test_what_is_not_named_is_left_to_the_options(load):
    matrix = load('cuts = ["a"]')
    (only,) = matrix.combinations
    assert (only.firmware, only.model, matrix.axes) == (None, None, ("cut",))


def test_entries_that_would_have_the_same_name_are_numbered(load):
    matrix = load('firmwares = ["a/build", "b/build", "other"]')
    assert [str(each) for each in matrix.combinations] == ["build1", "build2", "other"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it is empty; a matrix has firmwares, models, cuts"),
        ("model = ['a']", "it has the unknown key 'model'; known are firmwares, models, cuts"),
        ("models = []", "models must be a list with something in it"),
        ("models = 'a'", "models must be a list with something in it"),
        ("models = [7]", "number 1 of models must be a path or a table with one"),
        ("models = [{name = 'a'}]", "number 1 of models needs a path"),
        ("models = [{path = 'a', cut = 1}]", "number 1 of models has the unknown key 'cut'"),
        ("firmwares = [{path = 'a', cuts = [1]}]", "number 1 of firmwares has the unknown key"),
        ("cuts = [1.5]", "cuts must be names or indices"),
        ("cuts = [true]", "cuts must be names or indices"),
        ("cuts = [", "is no TOML"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_that_names_the_file(load, text, sentence):
    with pytest.raises(BadInputError) as caught:
        load(text)
    assert str(caught.value).count("\n") == 0
    assert "matrix.toml" in str(caught.value)
    assert sentence in str(caught.value)


def test_a_file_that_is_missing_is_told():
    with pytest.raises(BadInputError, match=r"nowhere\.toml cannot be read \(No such file"):
        Matrix.load(Path("nowhere.toml"))
