# SPDX-License-Identifier: MIT
"""The host's end of each channel."""
