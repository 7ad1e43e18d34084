# SPDX-License-Identifier: MIT
"""The pytest plugin, one module an idea; ``hil.plugin`` is the entry point that names them all.

Nothing here imports numpy, esptool or an interpreter when it is loaded.

``stages``        what is on the board for a test, and the fixtures that ask for it
``budgets``       the marker that judges what was measured
``benchmark``     pytest-benchmark, told which board it measures
``workers``       pytest-xdist's processes, as far as results and board go
``signals``       SIGTERM and SIGHUP end a session in order
``selection``     which tests need a board, and on which it is
``run``           what the tests of a session have in common
``plan``          what a run will test
``results_file``  ``results.json``, as far as a run has come
``options``       the command line, and the settings of the ini file
``rootdir``       paths behind options of ours, which pytest takes for places of tests
``namesakes``     a project's own package ``hil``
``strangers``     labgrid's own pytest plugin, kept out
``progress``      what moves on a terminal meanwhile
``odd_names``     tests in files whose names are no UTF-8

Its wings: ``fixtures``, what a test asks for by name; ``turns``, what a test finds on the board,
and how often it is run; ``bench``, the boards and how the next test finds them; ``farm``, a session
over several boards; ``outcomes``, what a failure counts as and how it is told.
"""
