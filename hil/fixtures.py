# SPDX-License-Identifier: MIT
"""fixtures placeholder."""
