# SPDX-License-Identifier: MIT
"""Short names of cuts: the plain Keras layer names."""

import numpy as np
import pytest

from hil.model.model import Model
from hil.model.names import short_names
from hil.model.tflite.graph import Graph, Operator, Tensor

KERAS_3 = "m_1/b_6_project_BN_1/batchnorm/add_1;m_1/b_6_project_1/convolution;m_1/x_1/batchnorm/sub"
KERAS_2 = "m/b_6_project_BN/FusedBatchNormV3;m/b_6_project/Conv2D;m/b_6_project_BN/batchnorm/sub"
DEPTHWISE = "m_1/b_depthwise_relu_1/Relu6;m_1/b_BN_1/batchnorm/mul_1;m_1/b_depthwise_1/depthwise"


def _graph(*outputs: tuple[str, str]) -> Graph:
    none = np.empty(0)
    tensors = [Tensor(name, (1,), "float32", none, none, 0, None) for _, name in outputs]
    operators = [Operator(kind, (), (number,), {}) for number, (kind, _) in enumerate(outputs)]
    return Graph(tuple(tensors), tuple(operators), (0,), (0,))


@pytest.mark.parametrize(
    ("kind", "name", "short"),
    [
        ("CONV_2D", KERAS_3, "b_6_project"),
        ("CONV_2D", KERAS_2, "b_6_project"),
        ("DEPTHWISE_CONV_2D", DEPTHWISE, "b_depthwise"),
        ("ADD", "m_1/block_2_add_1/Add", "block_2_add"),
        ("FULLY_CONNECTED", "m/dense_1/MatMul;m/dense_1/BiasAdd", "dense"),
        ("SOFTMAX", "StatefulPartitionedCall_1:01", "StatefulPartitionedCall_1:01"),
        ("ADD", "", "operator_0"),
    ],
)
def test_a_tensor_is_called_after_the_layer_that_computes_it(
    kind: str, name: str, short: str
) -> None:
    assert short_names(_graph((kind, name))) == (short,)


def test_a_number_that_belongs_to_the_layers_is_kept() -> None:
    graph = _graph(("ADD", "m/block_1/Add"), ("ADD", "m/block_2/Add"), ("ADD", "m/last/Add"))
    assert short_names(graph) == ("block_1", "block_2", "last")


def test_the_last_operator_of_a_layer_has_its_name() -> None:
    graph = _graph(
        ("CONV_2D", "m_1/se_1/convolution"),
        ("LOGISTIC", "m_1/se_1/Sigmoid"),
        ("PACK", "m_1/flat_1/Reshape/shape"),
        ("RESHAPE", "m_1/flat_1/Reshape"),
    )
    first, third = "m_1/se_1/convolution", "m_1/flat_1/Reshape/shape"
    assert short_names(graph) == (first, "se", third, "flat")


def test_short_names_of_the_models_are_unique(tiny: Model, dogs19: Model) -> None:
    for model in (tiny, dogs19):
        names = [short for _, short in model.cuts.operators]
        assert len(set(names)) == len(names)
        assert {"Conv1", "block_6_project", "global_average_pooling2d"} <= set(names)
