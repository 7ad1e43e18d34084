# SPDX-License-Identifier: MIT
"""What this computer gives, and what may be shown of it; imports nothing of ``hil``.

``child``       processes that run a module of this package, and of no other
``lifeline``    has them end with the process that started them
``libraries``   has the libraries loaded in spite of a user's files of their names
``memory``      what memory this process may have
``cores``       how much may run at the same time
``shortened``   what is too long to be shown, without its middle
``printable``   what other people named, made fit to be shown
``terminal``    how wide lines are, in colour or not, moving or not
``columns``     text within so many columns: tables, folded prose
``activity``    what is being done at the moment
``status_line`` shows that, where nothing else moves
``secret``      values that no traceback shows

Its wing: ``files``, which reads those of others and writes ours.
"""
