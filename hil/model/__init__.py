# SPDX-License-Identifier: MIT
"""Models: verify, run, cut and compare them.

Nothing is imported here, so that ``import hil.model`` stays free of numpy and interpreters; take
what is needed from the submodules, usually ``from hil.model.model import Model``.

``model``        a model as the harness uses it
``manifest``     the manifests beside models and splits
``predictions``  what models have given for inputs, kept over runs
``prove``        that head and tail compute what the full model computes
``split``        cutting a model into head and tail
``parts``        some of a model's operators as a model of its own
``crossing``     what crosses between operators, and so where a model may be cut
``names``        short names of tensors
``interpreter``  running verified models on this host
``trial``        whether TensorFlow Lite Micro itself takes a model
``inputs``       what models infer on: from files to input tensors
``labels``       a model's classes by their labels
``metadata``     what a file says about itself
``topk``         the highest scores of an output
``accuracy``     how often predictions agree with each other and with the truth
``compare``      how two tensors differ
``engine``       native interpreters, in this process or in one of their own
``tflite``       ``.tflite`` files: read within their bounds and verified
``array``        the type of arrays
"""
