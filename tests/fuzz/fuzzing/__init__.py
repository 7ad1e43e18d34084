# SPDX-License-Identifier: MIT
"""What fuzzers are made of: the C core's targets compiled, and the core as a library."""
