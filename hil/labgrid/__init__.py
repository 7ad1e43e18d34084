# SPDX-License-Identifier: MIT
"""Boards of a farm: places of labgrid's, reserved, acquired and given back.

``provider``    ``labgrid:FILTER``: the provider that the rest of ``hil`` sees
``acquiring``   places for this process: claimed, all of them, and then acquired
``claims``      places that are kept for this process: reserved, and waited for
``assignment``  which place could be for which filter; pure
``turn``        whose turn it is to collect several places
``holders``     who has the places that somebody waits for, in words
``tenancy``     a place that this process has, until it releases or loses it
``leftovers``   what dead sessions of this host have left behind
``session``     the connection to the coordinator: what it tells, what it is asked
``places``      places and serial ports, as the coordinator tells of them
``filters``     which places are meant; pure
``register``    which sessions have begun on this computer, also before it was started again
``owner``       the name under which a session has its places, and whether it lives
``address``     where the coordinator is
``wire``        gRPC and labgrid's messages, imported when they are first needed

labgrid's own client is not used: over the messages that it exchanges with the coordinator a place
is had in hundredths of a second, and its pytest plugin stays out of the way
(:mod:`hil.pytestplugin.strangers`).
"""
