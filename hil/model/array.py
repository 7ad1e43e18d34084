# SPDX-License-Identifier: MIT
"""The type of numpy arrays whose element type is known only at run time."""

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]
