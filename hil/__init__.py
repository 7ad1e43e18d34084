# SPDX-License-Identifier: MIT
"""Hardware-in-the-loop tests for split machine-learning inference on ESP32-S3."""

__version__ = "0.1.0"
