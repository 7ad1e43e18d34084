# SPDX-License-Identifier: MIT
"""Zip archives that somebody else made."""

import lzma
import zipfile
import zlib

DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError),
    *(RuntimeError, ValueError, LookupError, OverflowError),
)
"""What damage in an archive in memory becomes, and ways of packing that Python does not know.

Each way of packing has an exception of its own (bzip2's is OSError); NotImplementedError, for a
later version of the format, is a RuntimeError.
"""
