# SPDX-License-Identifier: MIT
"""Hardware-in-the-loop tests for split machine-learning inference on ESP32-S3.

What is named here is the public interface, together with the fixtures, the options, the commands
and the files that the documentation describes. Everything else may change at any time. A name is
imported when it is first used, so that the plugin costs a project next to nothing.
"""

from hil.version import __version__

TYPE_CHECKING = False  # typing's own takes longer to import than all the rest of this
if TYPE_CHECKING:
    from hil import errors as errors
    from hil.board.bench import OpenRig as OpenRig
    from hil.board.board import Board as Board
    from hil.board.connection import Connection as Connection
    from hil.board.measuring import Measuring as Measuring
    from hil.console.console import Console as Console
    from hil.console.info import BoardInfo as BoardInfo
    from hil.edge.background import EdgeServer as EdgeServer
    from hil.edge.store import EdgeRecord as EdgeRecord
    from hil.firmware.build import FirmwareBuild as FirmwareBuild
    from hil.flash.flash import FlashReport as FlashReport
    from hil.inference.inference import Inference as Inference
    from hil.inference.inference import Prediction as Prediction
    from hil.inference.inference import RoundTrip as RoundTrip
    from hil.inference.inference import Stages as Stages
    from hil.inference.inference import Wire as Wire
    from hil.inference.judgement import Judgement as Judgement
    from hil.inference.judgement import judge as judge
    from hil.model.inputs.photos import Photo as Photo
    from hil.model.inputs.photos import load_photos as load_photos
    from hil.model.inputs.tensors import TensorInput as TensorInput
    from hil.model.inputs.tensors import load_inputs as load_inputs
    from hil.model.model import Model as Model
    from hil.model.split import Cut as Cut
    from hil.model.split import Split as Split
    from hil.results.serial_log import read as read_serial_log
    from hil.rig.probe import Chip as Chip
    from hil.rig.providers.interface import BoardProvider as BoardProvider
    from hil.rig.providers.interface import Lease as Lease
    from hil.rig.providers.interface import Offer as Offer
    from hil.rig.providers.interface import Wanted as Wanted
    from hil.rig.rig import BoardSpec as BoardSpec
    from hil.rig.rig import Rig as Rig
    from hil.rig.switches.interface import PowerSwitch as PowerSwitch
    from hil.serialport.line import Line as Line
    from hil.sim.process import Lab as Lab
    from hil.transport.impairment.impairment import Impairment as Impairment

_WHERE = {
    "Board": "hil.board.board",
    "BoardInfo": "hil.console.info",
    "BoardProvider": "hil.rig.providers.interface",
    "BoardSpec": "hil.rig.rig",
    "Chip": "hil.rig.probe",
    "Connection": "hil.board.connection",
    "Console": "hil.console.console",
    "Cut": "hil.model.split",
    "EdgeRecord": "hil.edge.store",
    "EdgeServer": "hil.edge.background",
    "FirmwareBuild": "hil.firmware.build",
    "FlashReport": "hil.flash.flash",
    "Impairment": "hil.transport.impairment.impairment",
    "Inference": "hil.inference.inference",
    "Judgement": "hil.inference.judgement",
    "Lab": "hil.sim.process",
    "Lease": "hil.rig.providers.interface",
    "Line": "hil.serialport.line",
    "Measuring": "hil.board.measuring",
    "Model": "hil.model.model",
    "Offer": "hil.rig.providers.interface",
    "OpenRig": "hil.board.bench",
    "Photo": "hil.model.inputs.photos",
    "PowerSwitch": "hil.rig.switches.interface",
    "Prediction": "hil.inference.inference",
    "Rig": "hil.rig.rig",
    "RoundTrip": "hil.inference.inference",
    "Split": "hil.model.split",
    "Stages": "hil.inference.inference",
    "TensorInput": "hil.model.inputs.tensors",
    "Wanted": "hil.rig.providers.interface",
    "Wire": "hil.inference.inference",
    "judge": "hil.inference.judgement",
    "load_inputs": "hil.model.inputs.tensors",
    "load_photos": "hil.model.inputs.photos",
    "read_serial_log": "hil.results.serial_log",
}
_NAMED_OTHERWISE = {"read_serial_log": "read"}

__all__ = [
    "Board",
    "BoardInfo",
    "BoardProvider",
    "BoardSpec",
    "Chip",
    "Connection",
    "Console",
    "Cut",
    "EdgeRecord",
    "EdgeServer",
    "FirmwareBuild",
    "FlashReport",
    "Impairment",
    "Inference",
    "Judgement",
    "Lab",
    "Lease",
    "Line",
    "Measuring",
    "Model",
    "Offer",
    "OpenRig",
    "Photo",
    "PowerSwitch",
    "Prediction",
    "Rig",
    "RoundTrip",
    "Split",
    "Stages",
    "TensorInput",
    "Wanted",
    "Wire",
    "__version__",
    "errors",
    "judge",
    "load_inputs",
    "load_photos",
    "read_serial_log",
]

if not TYPE_CHECKING:  # else a type checker would take any name

    def __getattr__(name):
        import importlib

        if name == "errors":
            return importlib.import_module("hil.errors")
        if name not in _WHERE:
            raise AttributeError(f"module 'hil' has no attribute {name!r}")
        found = getattr(importlib.import_module(_WHERE[name]), _NAMED_OTHERWISE.get(name, name))
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
