# SPDX-License-Identifier: MIT
"""Whose fault a failure is, what becomes of a test and of the session by it, and how it is told.

``dormancy``     sessions that use nothing of the harness
``closing``      the session's end: whatever goes wrong in it is told
``report``       the closing table, the JUnit properties
``logfiles``     the serial log of each test, and of its failure
``unittests``    what ``expectedFailure`` may expect
``outcomes``     how an error ends a test and the session
``annotations``  errors in the annotations of a workflow of GitHub's
``story``        what became of one test, attempt by attempt
``kinds``        whose fault an exception is
"""
