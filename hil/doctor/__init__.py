# SPDX-License-Identifier: MIT
"""Whether a run on this rig would start, and how to mend what stands in its way."""

from hil.doctor.finding import Finding, State
from hil.doctor.order import examine

__all__ = ["Finding", "State", "examine"]
