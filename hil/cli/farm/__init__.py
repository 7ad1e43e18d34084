# SPDX-License-Identifier: MIT
"""Commands about the boards of a farm, below ``hil boards``; one module a command."""
