# SPDX-License-Identifier: MIT
"""Whose fault a failure is, what becomes of a test and of the session by it, and how it is told.

``dormancy``     sessions that use nothing of the harness
``closing``      the session's end: whatever goes wrong in it is told
``health``       how the boards have fared, entered and said
``report``       the closing table, the JUnit properties
``github``       the job's summary and annotations, on GitHub's runners
``page``         the page about a run
``junit``        serial logs in JUnit's file
``logfiles``     the serial log of each test, and of its failure
``unittests``    what ``expectedFailure`` may expect
``outcomes``     how an error ends a test and the session
``annotations``  the harness's errors, for another plugin that annotates failures on GitHub
``story``        what became of one test, attempt by attempt
``kinds``        whose fault an exception is
"""
