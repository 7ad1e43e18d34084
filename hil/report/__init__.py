# SPDX-License-Identifier: MIT
"""A run's results as one page to look at, drawn from ``results.json`` alone.

``sweep``   what each cut of a model costs, from ``hil split --sweep``
``calibration``  what operators take on a board, from ``hil calibrate``
``page``    one self-contained file from a template: style, script, Content-Security-Policy
``charts/`` charts as inline SVG, each with its figures as a table; pure
"""
