# SPDX-License-Identifier: MIT
"""What can be wrong with the machine; none of it says anything about the product."""

from hil.errors import InfrastructureError


class MachineError(InfrastructureError):
    """The machine did not start, has ended, or does not do what it is told."""


class MachineMissingError(MachineError):
    """This computer lacks what the machine is made of."""
