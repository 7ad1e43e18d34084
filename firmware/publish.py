# SPDX-License-Identifier: MIT
"""Pack a build directory of idf.py as the zip that --hil-firmware takes.

    python firmware/publish.py firmware/build splitnode-esp32s3-16mb.zip [more files...]

It holds what flashing and decoding a backtrace need: flash files, their offsets, the ELF and map
files; and whatever other files are named, such as a report of sizes.
"""

import argparse
import json
import sys
import zipfile
from pathlib import Path


def main() -> int:
    """Write the zip and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("build", type=Path, help="build directory")
    parser.add_argument("zip", type=Path, help="file to write")
    parser.add_argument("more", type=Path, nargs="*", help="files to add")
    arguments = parser.parse_args()
    build: Path = arguments.build
    try:
        flasher = json.loads((build / "flasher_args.json").read_text(encoding="utf-8"))
        project = json.loads((build / "project_description.json").read_text(encoding="utf-8"))
        elf = Path(project["app_elf"])
        names = [*flasher["flash_files"].values(), str(elf), str(elf.with_suffix(".map"))]
        with zipfile.ZipFile(arguments.zip, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in ("flasher_args.json", "project_description.json", *names):
                archive.write(build / name, name)
            for path in arguments.more:
                archive.write(path, path.name)
    except (OSError, KeyError, ValueError) as error:
        print(f"{build} cannot be packed ({error!r}): it is no finished build of idf.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
