# SPDX-License-Identifier: MIT
"""In which order, and by which worker, the tests of a session over several boards are run.

``scheduler``  two passes around pytest-xdist's scheduler
``left``       tests that no worker has been given
``sparing``    workers whose boards nothing needs that is left to do
``broken``     workers whose boards are broken
"""
