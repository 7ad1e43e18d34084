# SPDX-License-Identifier: MIT
"""Makes records of what a board has given."""

from hil.inference.inference import Inference, RoundTrip, Wire
from hil.results.records import InferenceRecord, RoundTripRecord, WireRecord


def inference_record(
    inference: Inference,
    photo: str | None,
    tail: str,
    model_id: str,
    combination: str = "",
    advisory: bool = False,
) -> InferenceRecord:
    """Make the record of an inference; ``tail`` says where its second part ran."""
    stages, host = inference.stages, inference.host
    times = {
        "load": stages.load_us,
        "invoke": stages.invoke_us,
        "send": stages.send_us,
        "wait": stages.wait_us,
        "total": stages.total_us,
    }
    if inference.activation_crc is not None:
        times["transfer"] = stages.transfer_us
        times["edge"] = stages.edge_us
        times["edge_invoke"] = stages.edge_invoke_us
    return InferenceRecord(
        photo=photo,
        via=inference.via,
        message_id=inference.message_id,
        simulated=inference.simulated,
        transport_exact=inference.transport_exact,
        activation_bytes=0 if inference.activation is None else inference.activation.nbytes,
        stages_us=times,
        host_us={
            "infer": host.infer_us,
            "edge": host.edge_total_us,
            "edge_invoke": host.edge_invoke_us,
        },
        top5=tuple((each.class_id, each.label, each.score) for each in inference.top5),
        wire=_wire(inference.wire),
        tail=tail,
        model_id=model_id,
        combination=combination,
        advisory=advisory,
    )


def round_trip_record(
    echo: RoundTrip, tail: str, model_id: str, combination: str = "", advisory: bool = False
) -> RoundTripRecord:
    """Make the record of a round trip."""
    return RoundTripRecord(
        echo.via,
        echo.size,
        echo.us,
        echo.code,
        echo.simulated,
        _wire(echo.wire),
        tail,
        model_id,
        combination,
        advisory,
    )


def _wire(wire: Wire | None) -> WireRecord | None:
    return None if wire is None else WireRecord(wire.frames, wire.resent, wire.bytes)
