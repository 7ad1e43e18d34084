# SPDX-License-Identifier: MIT
"""A ``.tflite`` file: read within its bounds and verified, before any native code sees it.

``verify``         whether a file may be used, and its graph
``proof``          whether native code may run it in any process, by the rules of its operators
``tensors``        tensors and constants, out of a file that has been parsed
``operators``      the table of what is known of operators
``rules``          what computing operators demand of their tensors
``shape_rules``    what operators demand that move elements only
``costs``          what operators cost
``kinds``          the operators that TensorFlow Lite Micro has
``graph``          tensors and operators in order, as verification found them
``layout``         the tables of the format that may be used
``options``        those of operators' options
``element_types``  the element types of the format
``flatbuffer``     a bounded reader of flatbuffers
``schema``         the one import of the schema's object API, for writing
"""
