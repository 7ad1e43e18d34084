# SPDX-License-Identifier: MIT
"""The pytest plugin, one module an idea; ``hil.plugin`` is the entry point that names them all.

Nothing here imports numpy, esptool or an interpreter when it is loaded.
"""
