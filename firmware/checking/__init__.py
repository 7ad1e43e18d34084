# SPDX-License-Identifier: MIT
"""What firmware/check.py does: reading an ESP-IDF tree, finding a compiler, judging defaults."""
