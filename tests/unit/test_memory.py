# SPDX-License-Identifier: MIT
"""A limit on memory under which the libraries cannot be loaded, or only in part."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hil.host import memory

ROOT = Path(__file__).parents[2]
LIMITED = (
    "import os, resource, sys\n"
    "resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20,) * 2)\n"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
)
SPLIT = ("-m", "hil", "split", "models/tiny", "--list")
TESTS = ("-q", "-p", "hil.plugin", "--hil-model=models/tiny", "--hil-log-dir={logs}")


def run(megabytes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LIMITED.format(megabytes=megabytes), *arguments]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("megabytes", [100, 200])
def test_too_little_memory_for_the_libraries_is_one_sentence_and_no_hang(megabytes: int) -> None:
    done = run(megabytes, *SPLIT)
    assert done.returncode == 10
    assert done.stderr.splitlines() == [
        f"hil: This process may have {megabytes} MB of memory only, which is not enough for the "
        "libraries; raise its limit (ulimit -v), or lift it."
    ]


def test_it_is_so_in_pytest(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(board):\n    pass\n")
    options = [each.format(logs=tmp_path / "logs") for each in TESTS]
    done = run(
        120, "-m", "pytest", *options, "--rootdir", str(tmp_path), "-c", os.devnull, str(tmp_path)
    )
    assert done.returncode == 10
    assert "may have 120 MB of memory only" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_where_memory_is_limited_numpy_reserves_it_for_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "limit", lambda: 1 << 30)
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    memory.spare()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


def test_where_it_is_not_nothing_is_asked_of_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "limit", lambda: None)
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    memory.spare()
    assert "OPENBLAS_NUM_THREADS" not in os.environ
