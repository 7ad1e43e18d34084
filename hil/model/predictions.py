# SPDX-License-Identifier: MIT
"""What models have given for inputs, kept by content over runs: one SQLite file in a directory.

A prediction's key says everything that it depends on: the model's bytes, the kernels, the package
and processor that ran them, and the input's bytes. Entries carry a checksum; one that is damaged
counts for nothing, and so does a file that cannot be used: then everything is computed anew.
"""

import hashlib
import platform
import sqlite3
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from hil.host.printable import printable
from hil.model.array import Array
from hil.model.engine.native import micro_available
from hil.model.interpreter import Kernels, backend_name

FILE = "predictions.sqlite3"

MOST_BYTES = 512 << 20
"""Of the file, when a run begins; of a larger one the older half of the entries goes."""

_LARGEST = 1 << 20
"""Bytes of an output that is worth keeping: one of a later layer's activations, say."""

_PATIENCE_S = 5.0
"""For another run that is writing."""

_CHECK = 8
_SCHEMA = "CREATE TABLE IF NOT EXISTS predictions (key BLOB PRIMARY KEY, value BLOB NOT NULL)"


class Predictions:
    """Outputs by key; for several threads. Errors of the file turn it off and raise nothing.

    Attributes:
        problem: why the file is not used, as a sentence; empty while it is.
        found: how many outputs have been taken from it.
    """

    def __init__(self, directory: Path) -> None:
        self.problem = ""
        self.found = 0
        self._path = directory / FILE
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._try(self._open)

    def close(self) -> None:
        """Let go of the file; what is asked for afterwards is not there."""
        with self._lock:
            database, self._database = self._database, None
        if database is not None:
            database.close()

    def of(self, model: bytes, kernels: Kernels, compute: Callable[[Array], Array]) -> "Predictor":
        """Return a model whose outputs are kept.

        Args:
            model: its flatbuffer.
            kernels: those that ``compute`` runs it with.
            compute: gives the output for an input, where that is not known.
        """
        return Predictor(self, _digest(model, kernels), compute)

    def look(self, key: bytes) -> bytes | None:
        """Return what has been kept under a key."""
        query = "SELECT value FROM predictions WHERE key = ?"
        row = self._try(lambda database: database.execute(query, (key,)).fetchone())
        if row is None or _sealed(row[0][_CHECK:]) != row[0]:
            return None
        with self._lock:
            self.found += 1
        return bytes(row[0][_CHECK:])

    def keep(self, key: bytes, value: bytes) -> None:
        """Keep something under a key."""
        if len(value) > _LARGEST:
            return
        query = "INSERT OR REPLACE INTO predictions VALUES (?, ?)"
        self._try(lambda database: database.execute(query, (key, _sealed(value))))

    def _open(self, _: object) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = sqlite3.connect(
            self._path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        self._database = database
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(_SCHEMA)
        if self._path.stat().st_size > MOST_BYTES:
            half = "SELECT rowid FROM predictions ORDER BY rowid LIMIT 1 OFFSET ?"
            count = database.execute("SELECT count(*) FROM predictions").fetchone()[0]
            middle = database.execute(half, (count // 2,)).fetchone()
            database.execute("DELETE FROM predictions WHERE rowid < ?", middle or (0,))
            database.execute("VACUUM")

    def _try(self, use: Callable[[sqlite3.Connection], "object | None"]) -> "tuple[bytes] | None":
        """Use the file, one thread at a time; what goes wrong turns it off."""
        with self._lock:
            if self._database is None and (use != self._open or self.problem):
                return None
            try:
                return use(self._database)  # type: ignore[arg-type, return-value]
            except (sqlite3.Error, OSError) as error:
                database, self._database = self._database, None
                self.problem = (
                    f"Predictions are not kept, for {printable(str(self._path))} cannot be used "
                    f"({error}); remove it, or name another directory by --hil-cache."
                )
        if database is not None:
            database.close()
        return None


class Predictor:
    """A model's outputs, from the file where they are known.

    Args:
        predictions: the file.
        digest: of everything that an output depends on, but for the input.
        compute: gives an output that is not known.
    """

    def __init__(
        self, predictions: Predictions, digest: bytes, compute: Callable[[Array], Array]
    ) -> None:
        self._predictions = predictions
        self._digest = digest
        self._compute = compute

    def __call__(self, x: Array) -> Array:
        """Return the output for an input tensor; raises what ``compute`` raises."""
        output = self.known(x)
        if output is None:
            output = self._compute(x)
            self.keep(x, output)
        return output

    def known(self, x: Array) -> Array | None:
        """Return the output for an input tensor if it is in the file."""
        found = self._predictions.look(self._key(x))
        return _unpacked(found) if found is not None else None

    def keep(self, x: Array, output: Array) -> None:
        """Keep the output for an input tensor."""
        self._predictions.keep(self._key(x), _packed(output))

    def _key(self, x: Array) -> bytes:
        return hashlib.sha256(self._digest + x.tobytes()).digest()


def _digest(model: bytes, kernels: Kernels) -> bytes:
    packages = [backend_name(), *(["tflite_micro"] if micro_available() else [])]
    found = [(each, version(each.replace("_", "-"))) for each in packages]
    where = (*found, platform.machine(), _processor())
    told = repr((1, kernels.value, *where)).encode()
    return hashlib.sha256(told).digest() + hashlib.sha256(model).digest()


def _processor() -> str:
    """What XNNPACK chooses its kernels by, as far as Linux tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _packed(output: Array) -> bytes:
    shape = ",".join(map(str, output.shape))
    return f"{output.dtype.name}:{shape}\n".encode() + output.tobytes()


def _unpacked(data: bytes) -> Array | None:
    head, _, content = data.partition(b"\n")
    dtype, _, shape = head.decode("ascii", "replace").partition(":")
    try:
        sizes = [int(size) for size in shape.split(",") if size]
        return np.frombuffer(content, dtype).reshape(sizes)
    except (TypeError, ValueError):
        return None


def _sealed(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()[:_CHECK] + value
