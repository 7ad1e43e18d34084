# SPDX-License-Identifier: MIT
"""The two manifests beside ``.tflite`` files: one of a model directory, one of a split."""

import dataclasses
import hashlib
import json
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from hil.errors import BadInputError
from hil.host.files.reading import encode, read_file, read_json
from hil.host.files.whole_file import write_whole
from hil.model.accuracy import AgreementLimits
from hil.model.inputs.preprocessing import Preprocessing

MANIFEST_NAME = "manifest.json"


def sha256(data: bytes) -> str:
    """Return the SHA-256 of ``data`` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class FileEntry:
    """A file beside the manifest: its name (no directories) and SHA-256 in hexadecimal."""

    name: str
    sha256: str

    def read(self, directory: Path) -> bytes:
        """Return the file's bytes.

        Raises:
            BadInputError: the file is missing, outside the directory, or has another SHA-256.
        """
        path = directory / self.name
        if self.name != Path(self.name).name:
            raise BadInputError(
                f"{directory / MANIFEST_NAME} names the file {self.name!r}; "
                "files must lie beside the manifest."
            )
        try:
            data = read_file(path)
        except OSError as error:
            raise BadInputError(
                f"{path} is named by its manifest but cannot be read ({error.strerror}); "
                "restore it or build the model again."
            ) from error
        if sha256(data) != self.sha256:
            raise BadInputError(
                f"{path} does not have the SHA-256 its manifest states; "
                "restore it or build the model again."
            )
        return data


class _Document:
    """Strict JSON for frozen dataclasses: every key known, none missing, types checked."""

    SCHEMA: ClassVar[str]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a manifest file.

        Raises:
            BadInputError: it cannot be read, is not JSON, or does not follow the schema.
        """
        try:
            tree = read_json(path)
        except OSError as error:
            raise BadInputError(
                f"{path} cannot be read ({error.strerror}); name a directory with a manifest."
            ) from error
        except ValueError as error:
            raise BadInputError(
                f"{path} is not valid JSON ({error}); mend or rebuild it."
            ) from error
        if not isinstance(tree, dict) or tree.pop("schema", None) != cls.SCHEMA:
            raise BadInputError(f'{path} is not a manifest with "schema": "{cls.SCHEMA}".')
        document = _decode(cls, tree, str(path))
        assert isinstance(document, cls)
        return document

    def save(self, path: Path) -> None:
        """Write the manifest, with a stable key order, replacing the file in one step."""
        tree = {"schema": self.SCHEMA, **_encode(self)}
        write_whole(encode(json.dumps(tree, indent=2, ensure_ascii=False) + "\n"), path)


@dataclass(frozen=True)
class Manifest(_Document):
    """``manifest.json`` of a model directory.

    Attributes:
        name: short name of the model, shown in reports.
        source: where the weights come from.
        licence: SPDX licence expression of the weights.
        input_size: height, width and channels of the input.
        preprocessing: how a photo becomes the input.
        default_cut: short name or tensor name of the cut to use when none is asked for.
        int8: the quantized model, what boards run.
        float32: the model it was quantized from, when kept.
        labels: UTF-8 text, one class name a line, in class order.
        agreement: how often boards must agree with other ways to run the model; None if nobody
            has measured that.
    """

    SCHEMA: ClassVar[str] = "hil-model-1"

    name: str
    source: str
    licence: str
    input_size: tuple[int, int, int]
    default_cut: str
    int8: FileEntry
    float32: FileEntry | None = None
    labels: FileEntry | None = None
    preprocessing: Preprocessing = dataclasses.field(default_factory=Preprocessing)
    agreement: AgreementLimits | None = None

    def check_input(self, shape: tuple[int, ...], path: Path) -> None:
        """Refuse a model whose input has another shape than the manifest, at ``path``, states.

        Raises:
            BadInputError: it has.
        """
        if shape != (1, *self.input_size):
            raise BadInputError(
                f"{path} states the input {list(self.input_size)}, but the model's is "
                f"{list(shape[1:])}; correct the manifest."
            )


@dataclass(frozen=True)
class SplitManifest(_Document):
    """``manifest.json`` beside a head and a tail.

    Attributes:
        model: name of the full model.
        model_sha256: SHA-256 of the full model in hexadecimal.
        model_id: what frames and model slots carry, see :func:`hil.model.model.model_id`.
        cut_index: index of the last operator of the head in the full model.
        cut_tensor: name of the tensor that crosses.
        activation_bytes: its size.
        head: the part up to the cut.
        tail: the part after it.
        proven_random: number of random inputs on which head and tail gave the full model's output.
        proven_photos: names of the photos on which they did.
    """

    SCHEMA: ClassVar[str] = "hil-split-1"

    model: str
    model_sha256: str
    model_id: int
    cut_index: int
    cut_tensor: str
    activation_bytes: int
    head: FileEntry
    tail: FileEntry
    proven_random: int
    proven_photos: tuple[str, ...]


def _encode(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        pairs = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {name: _encode(item) for name, item in pairs if item is not None}
    return list(value) if isinstance(value, tuple) else value


def _decode(kind: Any, tree: Any, where: str) -> Any:
    """Build ``kind`` from parsed JSON; ``where`` names the place for messages."""
    if isinstance(kind, types.UnionType):
        return _decode(typing.get_args(kind)[0], tree, where)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(tree, dict):
            raise BadInputError(f"{where} must be a JSON object.")
        hints = typing.get_type_hints(kind)
        fields = {field.name: field for field in dataclasses.fields(kind)}
        for key in tree:
            if key not in fields:
                raise BadInputError(
                    f"{where} has the unknown key {key!r}; known are {', '.join(fields)}."
                )
        for name, field in fields.items():
            required = field.default is field.default_factory is dataclasses.MISSING
            if required and name not in tree:
                raise BadInputError(f"{where} lacks the key {name!r}.")
        return kind(**{key: _decode(hints[key], tree[key], f"{where}: {key}") for key in tree})
    if typing.get_origin(kind) is tuple:
        arguments = typing.get_args(kind)
        if not isinstance(tree, list):
            raise BadInputError(f"{where} must be a JSON list.")
        if arguments[-1] is Ellipsis:
            arguments = (arguments[0],) * len(tree)
        if len(tree) != len(arguments):
            raise BadInputError(f"{where} must be a list of {len(arguments)} values.")
        return tuple(_decode(each, item, where) for each, item in zip(arguments, tree, strict=True))
    accepted = (int, float) if kind is float else (kind,)
    if not isinstance(tree, accepted) or isinstance(tree, bool):
        raise BadInputError(f"{where} must be of type {kind.__name__}, not {json.dumps(tree)}.")
    return kind(tree)


def write_directory(directory: Path, files: dict[str, bytes], document: _Document) -> None:
    """Write files and their manifest, manifest last, each replaced in one step.

    Args:
        directory: created when missing.
        files: contents by file name.
        document: what to save as ``manifest.json``.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_whole(data, directory / name)
    document.save(directory / MANIFEST_NAME)
