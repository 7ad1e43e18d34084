# SPDX-License-Identifier: MIT
"""A ``.tflite`` file: read within its bounds and verified, before any native code sees it.

``verify``       whether a file may be used, and its graph
``operators``    the table of the operators that may appear
``rules``        what computing operators demand of their tensors, and what they cost
``shape_rules``  what operators demand that move elements only
``graph``        tensors and operators in order, as verification found them
``layout``       the tables of the format that may be used
``flatbuffer``   a bounded reader of flatbuffers
``schema``       the one import of the schema's object API, for writing
"""
