# SPDX-License-Identifier: MIT
"""A run in short, where GitHub shows it.

``summary``      the job's summary, as Markdown
``annotations``  each failure at its line, by workflow commands
"""
