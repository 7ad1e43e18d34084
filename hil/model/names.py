# SPDX-License-Identifier: MIT
"""Short names for the tensors of a converted Keras model: plain Keras layer names.

The converter names a tensor after everything fused into it, joined by semicolons, for example
``mobilenetv2_1/block_6_project_BN_1/batchnorm/add_1;mobilenetv2_1/block_6_project_1/convolution``.
People say ``block_6_project``.
"""

import re
from collections.abc import Sequence

from hil.model.tflite.graph import Graph, Operator

# The operation inside a layer that gives an operator its kind, as Keras 2 and Keras 3 name it.
_CORE = {
    "CONV_2D": re.compile(r"(convolution|Conv2D)\d*$"),
    "DEPTHWISE_CONV_2D": re.compile(r"(depthwise|DepthwiseConv2d\w*?)\d*$", re.IGNORECASE),
    "FULLY_CONNECTED": re.compile(r"(MatMul|Tensordot)\d*$"),
}
# Scopes inside a layer, between its name and the operation's.
_INNER = ("batchnorm", "Reshape", "Tensordot")
_NUMBERED = re.compile(r"_(\d+)$")


def short_names(graph: Graph) -> tuple[str, ...]:
    """Return a short name for the output of each operator.

    Of several operators of one layer the last has the layer's name, as its output is the layer's.
    The others, and those of no layer, keep the full tensor name, or ``operator_N`` without one.
    """
    full = [_name(graph, operator) for operator in graph.operators]
    layers = [
        _layer(operator.kind, name) for operator, name in zip(graph.operators, full, strict=True)
    ]
    layers = _without_common_number(layers)
    last = {layer: index for index, layer in enumerate(layers)}
    return tuple(
        (layer if layer and last[layer] == index else name) or f"operator_{index}"
        for index, (layer, name) in enumerate(zip(layers, full, strict=True))
    )


def _name(graph: Graph, operator: Operator) -> str:
    """Return the full name of an operator's first output; empty where it has none."""
    return graph.tensors[operator.outputs[0]].name if operator.outputs else ""


def _layer(kind: str, name: str) -> str:
    """Return the layer of the component that did the operator's own work; empty if unknown."""
    paths = [path.split("/") for path in name.split(";") if path.count("/") >= 1]
    if not paths:
        return ""
    core = _CORE.get(kind)
    chosen = next((path for path in paths if core and core.match(path[-1])), paths[0])
    return chosen[-3 if chosen[-2] in _INNER and len(chosen) > 2 else -2]


def _without_common_number(layers: Sequence[str]) -> list[str]:
    """Drop the ``_1`` that Keras 3's export adds to every layer, if all of them have the same."""
    numbers = {_NUMBERED.search(layer) and layer.rpartition("_")[2] for layer in layers if layer}
    if len(numbers) != 1 or None in numbers:
        return list(layers)
    return [layer.rpartition("_")[0] for layer in layers]
