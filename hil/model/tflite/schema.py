# SPDX-License-Identifier: MIT
"""The one place that imports the flatbuffers object API of the TensorFlow Lite schema.

It is generated into both packages under the same name; PyPI's ``tflite`` has readers only.
"""

from typing import Any

from hil.computer import no_interpreter


def load() -> Any:
    """Return the generated module (``ModelT``, ``TensorT`` and so on).

    Raises:
        HostError: neither package is there.
    """
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError:
        try:
            from tflite_micro.tensorflow.lite.micro.python import schema_py_generated
        except ImportError as error:
            raise no_interpreter(error) from error
    return schema_py_generated
