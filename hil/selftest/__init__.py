# SPDX-License-Identifier: MIT
"""Does the suite catch defects? Firmware with a known one, a mutant, is run through it.

``selftest``  a set of mutants, from patches to the matrix
``matrix``    what became of each: the document, and its table
``verdict``   what a run says about a mutant; pure
``running``   the suite on a build, in a process of its own
``watch``     pytest's plugin in that process: notes failures, and stops at the expected one
``order``     which tests come first there; pure
``building``  a mutant's two images, which differ from the unmodified ones
``sources``   the firmware's sources, copied and patched
``mutant``    a patch and its header; pure
"""
