# SPDX-License-Identifier: MIT
"""Models that verification cannot vouch for: tried by TFLM, apart, and told in one sentence."""

import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from flatmodel import GraphWriter, Writer
from operator_case import reshape
from operator_models import MODELS

from hil.errors import BadInputError, InfrastructureError
from hil.host import child
from hil.model.engine import nursery
from hil.model.engine.native import micro_available
from hil.model.interpreter import Interpreter
from hil.model.model import Model
from hil.model.prove import random_inputs
from hil.sim.kernels import InvokeError, ModelRejectedError, open_runner

needs_tflm = pytest.mark.skipif(not micro_available(), reason="TFLM has no wheel here")
SHAPE = (1, 4)


def made(build: Callable[[GraphWriter, int], int], dtype: str = "float32") -> bytes:
    """Return a model of a RESHAPE and what `build` adds."""
    writer = Writer()
    graph = writer.graph()
    source, fed = graph.tensor(SHAPE, dtype, name="source"), graph.tensor(SHAPE, dtype)
    reshape(graph, source, fed, SHAPE)
    graph.ends([source], [build(graph, fed)])
    return writer.finish()


def unary(*kinds: str) -> Callable[[GraphWriter, int], int]:
    def build(graph: GraphWriter, fed: int) -> int:
        for kind in kinds:
            result = graph.tensor(SHAPE, "float32")
            graph.operator(kind, [fed], [result])
            fed = result
        return fed

    return build


def gathering(places: Sequence[int]) -> Callable[[GraphWriter, int], int]:
    def build(graph: GraphWriter, fed: int) -> int:
        indices = graph.constant(list(places), "int32")
        result = graph.tensor((1, len(places)), "float32")
        graph.operator("GATHER", [fed, indices], [result], "GatherOptions", axis=1)
        return result

    return build


def endless(graph: GraphWriter, fed: int) -> int:
    condition, body = graph._writer.graph(), graph._writer.graph()
    value, always = condition.tensor(SHAPE, "float32"), condition.tensor((1,), "bool")
    one = condition.constant([1], "int32")
    condition.operator("EQUAL", [one, one], [always], "EqualOptions")
    condition.ends([value], [always])
    value, result = body.tensor(SHAPE, "float32"), body.tensor(SHAPE, "float32")
    body.operator("NEG", [value], [result], "NegOptions")
    body.ends([value], [result])
    looped = graph.tensor(SHAPE, "float32")
    numbers = {"condSubgraphIndex": condition.number, "bodySubgraphIndex": body.number}
    graph.operator("WHILE", [fed], [looped], "WhileOptions", **numbers)
    return looped


def mixed(graph: GraphWriter, fed: int) -> int:
    result = graph.tensor(SHAPE, "int16", 0.5)
    graph.operator("ADD", [fed, fed], [result], "AddOptions")
    return result


def refusal(model: bytes, tmp_path: Path) -> str:
    path = tmp_path / "x.tflite"
    path.write_bytes(model)
    started = time.monotonic()
    with pytest.raises(BadInputError) as caught:
        Model.load(path)
    assert time.monotonic() - started < 60
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path} cannot be used: ")
    return message


def test_all_operators_that_there_are_not_are_named_at_once(tmp_path: Path) -> None:
    said = refusal(made(unary("NEG", "FlexErf", "MyOperator")), tmp_path)
    assert "the custom operators FlexErf, MyOperator, which TensorFlow Lite Micro does not" in said


@needs_tflm
def test_a_crash_is_a_sentence_that_names_the_operator(tmp_path: Path) -> None:
    said = refusal(made(mixed), tmp_path)
    assert "it crashes TensorFlow Lite Micro at operator 1 (ADD) (SIGABRT)" in said


@needs_tflm
def test_what_tflm_refuses_is_told_with_what_it_says(tmp_path: Path) -> None:
    said = refusal(made(gathering([1 << 28, 2])), tmp_path)
    assert "TensorFlow Lite Micro refuses it: Node GATHER (number 1) failed to invoke" in said
    assert "operator 1 (GATHER) is of a kind that has no shape rules here" in said


@needs_tflm
def test_a_run_without_end_is_ended(tmp_path: Path) -> None:
    assert "does not end" in refusal(made(endless), tmp_path)


@needs_tflm
def test_a_crash_leaves_the_lab_and_the_judge_alive() -> None:
    """The lab opens what is on the flash, whether or not the host has tried it."""
    x = np.ones(SHAPE, np.float32)
    with pytest.raises((InvokeError, ModelRejectedError), match="it crashes \\(SIGABRT\\)"):
        open_runner(made(mixed), 1 << 20).invoke(x.tobytes())
    with pytest.raises(BadInputError, match="crashes its interpreter"):
        Interpreter(made(mixed)).invoke(x)
    refused = open_runner(made(gathering([1 << 28, 2])), 1 << 20)
    with pytest.raises(InvokeError, match="Node GATHER"):
        refused.invoke(x.tobytes())


@needs_tflm
@pytest.mark.parametrize("kind", ["VAR_HANDLE", "SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM"])
def test_every_run_of_a_model_with_state_begins_afresh(kind: str) -> None:
    interpreter = Interpreter(MODELS[kind].model())
    spec = interpreter.input
    x = np.full(spec.shape, 0.5, spec.dtype)
    assert interpreter.invoke(x).tobytes() == interpreter.invoke(x).tobytes()


@needs_tflm
def test_a_variable_is_not_cut_from_what_gives_it_memory(tmp_path: Path) -> None:
    """Without CALL_ONCE a part that reads a variable has to write it too."""
    writer = Writer()
    graph = writer.graph()
    source, fed = graph.tensor(SHAPE, "float32"), graph.tensor(SHAPE, "float32")
    reshape(graph, source, fed, SHAPE)
    held, before = graph.tensor((), "resource"), graph.tensor(SHAPE, "float32")
    total, result = graph.tensor(SHAPE, "float32"), graph.tensor(SHAPE, "float32")
    graph.operator("VAR_HANDLE", [], [held], "VarHandleOptions", container=b"", sharedName=b"x")
    graph.operator("READ_VARIABLE", [held], [before], "ReadVariableOptions")
    graph.operator("ADD", [fed, before], [total], "AddOptions")
    graph.operator("ASSIGN_VARIABLE", [held, total], [], "AssignVariableOptions")
    graph.operator("NEG", [total], [result], "NegOptions")
    last = graph.tensor(SHAPE, "float32")
    graph.operator("ABS", [result], [last], "AbsOptions")
    graph.ends([source], [last])
    path = tmp_path / "x.tflite"
    path.write_bytes(writer.finish())
    assert [cut.index for cut in Model.load(path).cuts] == [0, 5]


def test_no_model_is_blamed_for_a_worker_that_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    monkeypatch.setattr(child, "command", lambda *arguments: command)
    monkeypatch.setattr(nursery, "_worker", None)
    with pytest.raises(InfrastructureError, match="has ended with status 3"):
        Interpreter(MODELS["ABS"].model())
    monkeypatch.undo()
    assert Interpreter(MODELS["ABS"].model()).input.shape == (1, 6)


def test_a_worker_that_was_killed_is_started_anew() -> None:
    model = MODELS["ABS"].model()
    x = np.ones((1, 6), np.float32)
    before = Interpreter(model)
    assert nursery._worker is not None
    nursery._worker[1].kill()
    nursery._worker[1].wait()
    assert before.invoke(x).tobytes() == x.tobytes()  # it has a process of its own
    assert Interpreter(model).invoke(x).tobytes() == x.tobytes()


@needs_tflm
@pytest.mark.parametrize("kind", ["UNIDIRECTIONAL_SEQUENCE_LSTM", "SVDF", "WHILE", "GATHER"])
def test_damage_where_no_rule_vouches_is_a_sentence_or_harmless(kind: str, tmp_path: Path) -> None:
    """benchmarks/mutated_models.py does the same to more models, a thousand times."""
    generator, sound = random.Random(kind), MODELS[kind].model()
    sentences, outputs = [], []
    for number in range(16):
        data = bytearray(sound)
        data[generator.randrange(8, len(data))] = generator.choice([0, 1, 2, 127, 128, 255])
        path = tmp_path / f"{number}.tflite"
        path.write_bytes(data)
        try:
            model = Model.load(path)
            outputs.append(model.predict(next(random_inputs(model.inputs, 1))))
        except BadInputError as error:
            sentences.append(str(error))
    assert sentences  # else the damage
    assert outputs  # tries nothing
    assert not any("\n" in each for each in sentences)
