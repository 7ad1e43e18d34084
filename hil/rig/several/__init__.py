# SPDX-License-Identifier: MIT
"""Several boards at a time: tests of one session, spread over processes that have one each.

``candidates`` which boards may be had, in order, by options and ``hil.toml``
``picking``    which of several are taken: those that nobody has first
``needed``     the second boards of a rig that are had together with the first one
``holding``    boards taken together, all or none, and given back one by one
``pool``       those that a session has acquired, lent to its processes and given back by them
``lending``    what a process is told of boards that it is lent
"""
