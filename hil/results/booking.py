# SPDX-License-Identifier: MIT
"""Makes records of what a board has given, and of what went wrong."""

from collections.abc import Sequence

from hil.console.log import NOTE
from hil.inference.inference import Inference, RoundTrip, Wire
from hil.results.records import ErrorRecord, InferenceRecord, RoundTripRecord, WireRecord
from hil.results.serial_log import Entry


def inference_record(
    inference: Inference, photo: str | None, tail: str, model_id: str, combination: str = ""
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
    )


def round_trip_record(
    echo: RoundTrip, tail: str, model_id: str, combination: str = ""
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
    )


def error_record(
    error: BaseException,
    kind: str,
    nodeid: str | None,
    phase: str,
    place: tuple[str | None, int | None] = (None, None),
    log: Sequence[Entry] = (),
) -> ErrorRecord:
    """Make the record of an error; ``place`` is file and line of the test that met it.

    Of the exception's notes the console's last lines are left out, which ``log`` has.
    """
    first = next(iter(str(error).splitlines()), "")
    notes = tuple(each for each in getattr(error, "__notes__", ()) if not each.startswith(NOTE))
    rows = tuple(each.columns for each in log)
    return ErrorRecord(nodeid, phase, kind, type(error).__name__, first, notes, *place, rows)


def _wire(wire: Wire | None) -> WireRecord | None:
    return None if wire is None else WireRecord(wire.frames, wire.resent, wire.bytes)
