# SPDX-License-Identifier: MIT
"""An ESP-IDF source tree, asked as its own build asks it: components, configuration, includes.

CMake reads the components' ``CMakeLists.txt`` (components.cmake), and ESP-IDF's configuration
generator (``kconfgen``, of the package ``esp-idf-kconfig``) its ``Kconfig`` files. No compiler of
Espressif's is needed, and nothing is built.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from checking.errors import ToolMissingError, TreeError

TARGET = "esp32s3"
_BY_TARGETS = {
    "mbedtls": ("mbedtls/tf-psa-crypto/include", "mbedtls/tf-psa-crypto/drivers/builtin/include")
}
"""Public include directories that a component has from CMake targets and does not register."""

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Config:
    """A generated configuration.

    Attributes:
        directory: holds ``sdkconfig.h`` and ``sdkconfig.cmake``.
        values: name without ``CONFIG_``, value as in ``sdkconfig``; what is off is absent.
        names: every name that a Kconfig file defines.
        renamed: old name: (new name, whether its sense is inverted).
    """

    directory: Path
    values: dict[str, str]
    names: frozenset[str]
    renamed: dict[str, tuple[str, bool]]


class IdfTree:
    """ESP-IDF at `path`, and the components beside it that a project adds.

    Attributes:
        version: as in ``5.5.5``.
        components: name: directory.
    """

    def __init__(self, path: Path, extra: dict[str, Path]) -> None:
        self.path = path.resolve()
        text = (self.path / "tools/cmake/version.cmake").read_text(encoding="utf-8")
        parts = dict(re.findall(r"set\(IDF_VERSION_(\w+) (\d+)\)", text))
        self.version = ".".join(parts.get(key, "0") for key in ("MAJOR", "MINOR", "PATCH"))
        own = {
            each.parent.name: each.parent for each in self.path.glob("components/*/CMakeLists.txt")
        }
        self.components = own | {name: each.resolve() for name, each in extra.items()}

    def configure(self, defaults: list[Path], out: Path) -> Config:
        """Generate the configuration that `defaults` give, into the directory `out`.

        Raises:
            ToolMissingError: ``kconfgen`` is not installed for this Python.
            TreeError: a Kconfig file or one of `defaults` is malformed.
        """
        if importlib.util.find_spec("kconfgen") is None:
            raise ToolMissingError("kconfgen is missing; pip install esp-idf-kconfig")
        out.mkdir(parents=True, exist_ok=True)
        for key, name in (("kconfigs", "Kconfig"), ("projbuild", "Kconfig.projbuild")):
            files = [each / name for _, each in sorted(self.components.items())]
            lines = [f'source "{each}"\n' for each in files if each.is_file()]
            (out / f"{key}.in").write_text("".join(lines), encoding="utf-8")
        renames = self._rename_files()
        environment = {
            "COMPONENT_KCONFIGS_SOURCE_FILE": str(out / "kconfigs.in"),
            "COMPONENT_KCONFIGS_PROJBUILD_SOURCE_FILE": str(out / "projbuild.in"),
            "COMPONENT_SDKCONFIG_RENAMES": ";".join(str(each) for each in renames),
            "IDF_ENV_FPGA": "",
            "IDF_INIT_VERSION": self.version,
            "IDF_PATH": str(self.path),
            "IDF_TARGET": TARGET,
            "IDF_TOOLCHAIN": "gcc",
            "IDF_VERSION": self.version,
        }
        (out / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
        outputs = {
            "header": "sdkconfig.h",
            "cmake": "sdkconfig.cmake",
            "json_menus": "menus.json",
            "config": "sdkconfig",
        }
        _run(
            [
                *(sys.executable, "-m", "kconfgen", "--list-separator=semicolon"),
                *("--kconfig", str(self.path / "Kconfig"), "--config", str(out / "sdkconfig")),
                *(part for each in defaults for part in ("--defaults", str(each))),
                *("--env-file", str(out / "environment.json")),
                *(
                    part
                    for key, name in outputs.items()
                    for part in ("--output", key, str(out / name))
                ),
            ],
            "the configuration cannot be generated",
            environment,
        )
        lines = (out / "sdkconfig").read_text(encoding="utf-8").splitlines()
        return Config(
            out,
            read_values(lines),
            frozenset(_menu_names(json.loads((out / "menus.json").read_text(encoding="utf-8")))),
            _renamed(renames),
        )

    def include_directories(self, component: str, config: Config) -> list[Path]:
        """List the directories that `component` sees: its own, and those of what it requires.

        Those are the public ones of its requirements and of all that these publicly require; a
        component that ``CMakeLists.txt`` forgets to require is not seen, as in a build.

        Raises:
            ToolMissingError: there is no CMake.
            TreeError: a requirement that there is not, or a ``CMakeLists.txt`` that cannot be read.
        """
        common = self._common_requirements()
        required = self._ask_cmake([component, *common], config, configured=False)
        for name, lists in required.items():
            if "UNKNOWN" in lists:
                by = [each for each, of in required.items() if name in chain(*of.values())]
                raise TreeError(
                    f"{' and '.join(by) or 'every component'} requires the component {name}, "
                    f"which ESP-IDF {self.version} does not have."
                )
        order = [component]
        queue = [*required[component]["REQUIRES"], *required[component]["PRIV_REQUIRES"], *common]
        while queue:
            name = queue.pop(0)
            if name not in order:
                order.append(name)
                queue += required[name]["REQUIRES"]
        own = self.own_directories(component, config)
        found = self._ask_cmake(order[1:], config, configured=True)
        others = [
            self.components[name] / each
            for name in order[1:]
            for each in (*found[name]["INCLUDE_DIRS"], *_BY_TARGETS.get(name, ()))
        ]
        return list(dict.fromkeys((*own, *others)))

    def own_directories(self, component: str, config: Config) -> list[Path]:
        """List the include directories of `component` itself, public and private."""
        lists = self.registered(component, config)
        names = (*lists["INCLUDE_DIRS"], *lists["PRIV_INCLUDE_DIRS"])
        return [self.components[component] / each for each in names]

    def registered(self, component: str, config: Config) -> dict[str, list[str]]:
        """Return the lists that `component` registers: include directories and sources."""
        return self._ask_cmake([component], config, configured=True)[component]

    def _common_requirements(self) -> list[str]:
        """What every component sees unasked; tools/cmake/build.cmake lists it for each target."""
        text = (self.path / "tools/cmake/build.cmake").read_text(encoding="utf-8")
        lists = [each.split() for each in re.findall(r"set\(requires_common ([^)]*)\)", text)]
        on_chip = [each for each in lists if "linux" not in each]
        if len(on_chip) != 1:
            raise TreeError(f"{self.path}/tools/cmake/build.cmake names no common requirements.")
        return [*on_chip[0], "xtensa"]

    def _ask_cmake(
        self, roots: list[str], config: Config, *, configured: bool
    ) -> dict[str, dict[str, list[str]]]:
        listing, answer = config.directory / "components.txt", config.directory / "answer.txt"
        lines = [f"{name}={each}\n" for name, each in self.components.items()]
        listing.write_text("".join(lines), encoding="utf-8")
        _run(
            [
                *("cmake", f"-DIDF_PATH={self.path}", f"-DIDF_TARGET={TARGET}"),
                *(f"-DCOMPONENTS={listing}", f"-DROOTS={';'.join(roots)}", f"-DOUT={answer}"),
                *([f"-DSDKCONFIG={config.directory / 'sdkconfig.cmake'}"] if configured else []),
                *("-P", str(_HERE / "components.cmake")),
            ],
            "the components cannot be read",
            {"IDF_PATH": str(self.path), "IDF_VERSION": self.version},
        )
        found: dict[str, dict[str, list[str]]] = {}
        for line in answer.read_text(encoding="utf-8").splitlines():
            name, key, items = line.split("|")
            found.setdefault(name, {})[key] = [each for each in items.split(";") if each]
        return found

    def _rename_files(self) -> list[Path]:
        directories = [self.path, *self.components.values()]
        names = ("sdkconfig.rename", f"sdkconfig.rename.{TARGET}")
        files = [each / name for each in directories for name in names]
        return [each for each in files if each.is_file()]


def read_values(lines: list[str]) -> dict[str, str]:
    """Return the assignments of an ``sdkconfig`` file; ``n`` and *is not set* leave a name out."""
    found = (re.fullmatch(r"CONFIG_(\w+)=(.*)", line.strip()) for line in lines)
    return {each[1]: each[2] for each in found if each and each[2] != "n"}


def _menu_names(menus: list[dict[str, object]]) -> set[str]:
    names = {str(each["name"]) for each in menus if each.get("name")}
    for each in menus:
        children = each.get("children")
        if isinstance(children, list):
            names |= _menu_names(children)
    return names


def _renamed(files: list[Path]) -> dict[str, tuple[str, bool]]:
    renamed = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            match = re.fullmatch(r"CONFIG_(\w+)\s+(!?)CONFIG_(\w+)", line.strip())
            if match:
                renamed[match[1]] = (match[3], bool(match[2]))
    return renamed


def _run(command: list[str], failure: str, environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | environment,
            timeout=120,
        )
    except FileNotFoundError as error:
        raise ToolMissingError(f"{command[0]} is missing; install it") from error
    if done.returncode:
        said = " ".join((done.stderr.strip() or done.stdout.strip()).split())
        raise TreeError(f"{failure}: {said[-600:]}")
