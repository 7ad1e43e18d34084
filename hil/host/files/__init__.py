# SPDX-License-Identifier: MIT
"""Files of this computer: reading those of others, writing ours.

``reading``      reads files of others: only where they are files, and only so far
``shared_file``  the same in directories that every user may write to
``zips``         what damage in a zip archive becomes
``toml_lines``   on which line of a TOML text something stands
``whole_file``   writes files whole or not at all
"""
