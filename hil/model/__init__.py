# SPDX-License-Identifier: MIT
"""Models: verify, run, cut and compare them.

Nothing is imported here, so that ``import hil.model`` stays free of numpy and interpreters; take
what is needed from the submodules, usually ``from hil.model.model import Model``.
"""
