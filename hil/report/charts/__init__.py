# SPDX-License-Identifier: MIT
"""Charts as inline SVG that can be read without seeing it. Pure: figures in, markup out.

``stacked``  bars (sideways) and columns (upright) of parts that add up
``strips``   every measured value as a dot, one strip a row, against limits
``lines``    figures over runs
``figure``   the frame of each: title, words for a screen reader, the same figures as a table
``axis``     the lines and figures below a chart of rows
``scale``    from figures to places, and where ticks go
``svg``      elements, with everything in them escaped
"""
