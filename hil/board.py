# SPDX-License-Identifier: MIT
"""One ESP32-S3, virtual or real: flash it, connect it, infer on it."""

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from hil.board_info import BoardInfo
from hil.completion import parse_completion, predictions, raise_refusal
from hil.console import Console
from hil.console_transfer import read_blob, write_image
from hil.errors import BadInputError
from hil.firmware import FirmwareBuild, default_firmware
from hil.flash import FlashFile, FlashReport, Progress, flash
from hil.inference import HostTimes, Inference
from hil.lab import Lab, WifiCredentials
from hil.network import bring_up, join, own_address_towards
from hil.rig import BoardSpec
from hil.slot_file import slot_file
from hil.start import check_firmware, check_model, start

if TYPE_CHECKING:
    from hil.edge.background import EdgeServer
    from hil.edge.store import EdgeRecord
    from hil.model.model import Model, Photo
    from hil.model.split import Cut
    from hil.photos import Photo as NamedPhoto

INFER_PATIENCE_S = 60.0
"""The board gives up on the edge server after ten; a head without esp-nn may take half a minute."""

_RECORD_PATIENCE_S = 5.0

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class _Loaded:
    """What is in the model slot."""

    model: "Model"
    cut: "Cut | None"
    role: str
    model_id: int


class Board:
    """The one interface to a board, whatever it is.

    Get one from :meth:`open`; it is a context manager.

    Attributes:
        console: the connection to its console; replaced when the board is flashed.
        spec: which board this is.
    """

    def __init__(self, spec: BoardSpec, port: str, lab: Lab | None, owns_lab: bool) -> None:
        self.spec = spec
        self._port = port
        self._lab = lab
        self._owns_lab = owns_lab
        self._info: BoardInfo | None = None
        self._loaded: _Loaded | None = None
        self._edge: EdgeServer | None = None
        self._stored: int | None = None
        self._address = ""
        self.console = self._connect()

    @classmethod
    def open(cls, spec: BoardSpec | None = None, *, lab: Lab | None = None, index: int = 0) -> Self:
        """Open a board; for a virtual one without ``lab``, start a lab of its own.

        Args:
            spec: which board; the virtual one if not given.
            lab: a running lab whose board is meant.
            index: which of the lab's boards.

        Raises:
            PortMissingError: there is no such port.
            PortBusyError: another program holds it.
            LabError: the lab did not start.
        """
        spec = spec or BoardSpec()
        if not spec.virtual:
            return cls(spec, spec.port, None, False)
        owned = Lab.start() if lab is None else None
        try:
            used = lab or owned
            assert used is not None
            return cls(spec, used.boards[index].url, used, owned is not None)
        except BaseException:
            if owned is not None:
                owned.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port and end the lab, if it is this board's own."""
        self.console.close()
        if self._owns_lab and self._lab is not None:
            self._lab.close()

    @property
    def port(self) -> str:
        """Device or URL of the console."""
        return self._port

    @property
    def lab(self) -> Lab | None:
        """The lab of a virtual board."""
        return self._lab

    @property
    def simulated(self) -> bool:
        """Whether the board's figures are simulated."""
        return self.info.simulated

    @property
    def info(self) -> BoardInfo:
        """What the board said about itself at its last start; raises as :meth:`refresh`."""
        return self._info or self.refresh()

    @property
    def model(self) -> "Model":
        """The full model whose part is on the board.

        Raises:
            BadInputError: none was flashed or named.
        """
        return self._require_loaded().model

    @property
    def cut(self) -> "Cut | None":
        """Where that model is cut; ``None`` in role full."""
        return self._require_loaded().cut

    def refresh(self) -> BoardInfo:
        """Ask the board about itself.

        Raises:
            BoardSilent: it does not answer.
            BoardRefused: its answer cannot be read.
            BoardPanic, BootFailure, ConsoleError: as :meth:`hil.console.Console.request`.
        """
        self._info = BoardInfo.parse(self.console.request("info"))
        return self._info

    # Flashing

    def flash(
        self,
        build: FirmwareBuild | None,
        model: "Model",
        cut: "Cut | str | int | None" = None,
        role: str = "head",
        *,
        progress: OnProgress | None = None,
    ) -> FlashReport:
        """Bring firmware, partition table and model slot up to date, start and check the board.

        Args:
            build: the firmware; ``None`` for the one that belongs to virtual boards.
            model: the full model.
            cut: where to cut it; ``None`` for its default. Not used in role full.
            role: ``head``, ``tail`` or ``full``.
            progress: called while something is being written.

        Raises:
            BadInputError: the model's part does not fit in slot or arena, or no such cut.
            PortMissingError, PortBusyError, WrongChipError, FlashingError: see
                :func:`hil.flash.flash`.
            BootFailure: the board does not run what was written.
            BoardRefused: it does not accept the model; the code says why.
        """
        build = build or self._default_build()
        loaded, file = self._model_file(build, model, cut, role)
        report = self._write([*build.files, file], build, progress, with_app=True)
        self.reset()
        check_firmware(self.info, build.app)
        self._accept(loaded)
        return report

    def load(
        self,
        model: "Model",
        cut: "Cut | str | int | None" = None,
        role: str = "head",
        *,
        build: FirmwareBuild | None = None,
        progress: OnProgress | None = None,
    ) -> FlashReport:
        """Bring only the model slot up to date; the rest as :meth:`flash`."""
        build = build or self._default_build()
        loaded, file = self._model_file(build, model, cut, role)
        report = self._write([file], build, progress, with_app=False)
        self.reset()
        self._accept(loaded)
        return report

    def use(self, model: "Model", cut: "Cut | str | int | None" = None, role: str = "head") -> None:
        """Name the model that is on the board already.

        Raises:
            BadInputError: another one is.
        """
        loaded = self._part(model, cut, role)
        if (self.info.role, self.info.model_id) != (role, loaded.model_id):
            raise BadInputError(
                f"The board holds {self.info.role} {self.info.name or 'of nothing'} "
                f"{self.info.cut}, not this {role} of {model.name}; flash it."
            )
        self._accept(loaded)

    def reset(self) -> None:
        """Reset the board and wait until it answers; what was connected has to be again.

        Raises:
            BootFailure, BoardPanic, BoardSilent: it does not come up.
        """
        self._disconnected()
        self._info = start(self.console)

    # Inference

    def connect(self, edge: "EdgeServer", via: str = "tcp") -> None:
        """Join the network and open a link to an edge server.

        Raises:
            InfrastructureError: the access point is missing or refuses.
            EdgeError: the edge server cannot be reached.
            BoardRefused: it can, but does not serve the model on the board (``model_mismatch``).
        """
        if not self._address:
            self._address = join(self.console, self._credentials())
        host, port = self._edge_host(), edge.address[1]
        bring_up(self.console, via, host, port)
        self._edge = edge

    def infer(
        self,
        image: "Photo | NamedPhoto",
        via: str = "tcp",
        *,
        output: bool = True,
        timeout: float | None = None,
    ) -> Inference:
        """Infer end to end on one image.

        Args:
            image: a path, a Pillow image, a :class:`hil.photos.Photo`, uint8 pixels, or the
                model's input tensor itself.
            via: the link; not used in role full.
            output: whether to have the whole output vector sent along.
            timeout: seconds of real time; 60 if not given.

        Raises:
            BadInputError: no model is known, or ``image`` is none.
            EdgeError: the edge server died or did not answer.
            BoardRefused, BoardPanic, BoardSilent, ConsoleError, LabError: as they say.
        """
        loaded = self._require_loaded()
        full = loaded.role == "full"
        self.store(self.tensor(image))
        arguments: dict[str, str | int] = {} if full else {"via": via}
        started = time.perf_counter_ns()
        self.console.forget("infer")
        number = self.console.request("infer", output=int(output), **arguments)["msg"]
        event = self.console.wait_event("infer", timeout or INFER_PATIENCE_S, msg=number)
        took_us = (time.perf_counter_ns() - started) // 1000
        if event.get("state") != "ok":
            raise_refusal(event, "The inference failed")
        done = parse_completion(event)
        record = None if full else self._record(done.message_id)
        vector: np.ndarray = np.zeros(0, loaded.model.output.dtype)
        if record is not None and output:
            vector = record.output
        if output and (record is None or zlib.crc32(vector.tobytes()) != done.output_crc):
            vector = np.frombuffer(read_blob(self.console, "output"), loaded.model.output.dtype)
        return Inference(
            top5=predictions(done.top5, loaded.model),
            output=vector.reshape(loaded.model.output.shape) if output else vector,
            stages=done.stages,
            activation=None if record is None else self._activation(record.activation),
            activation_crc=done.activation_crc,
            received_crc=done.received_crc,
            message_id=done.message_id,
            via="none" if full else via,
            simulated=self.simulated,
            host=HostTimes(took_us)
            if record is None
            else HostTimes(took_us, record.host_total_us, record.host_invoke_us),
        )

    def tensor(self, image: "Photo | NamedPhoto") -> np.ndarray:
        """Return an image as the model's input tensor.

        Raises:
            BadInputError: it is no image, or no model is known.
        """
        model = self._require_loaded().model
        if (
            isinstance(image, np.ndarray)
            and image.shape == model.input.shape
            and image.dtype == model.input.dtype
        ):
            return image
        opened: Any = image.open() if hasattr(image, "label") else image
        return model.preprocess(opened)

    def store(self, tensor: np.ndarray) -> None:
        """Put an input tensor on the board, unless it is the one that is there.

        Raises:
            BoardRefused, BoardSilent, ConsoleError: as :func:`hil.console_transfer.write_image`.
        """
        data = tensor.tobytes()
        crc = zlib.crc32(data)
        if crc == self._stored:
            return
        self._stored = None
        write_image(self.console, data)
        self._stored = crc

    def read_activation(self) -> np.ndarray:
        """Return the last activation as the board has it, of the cut's shape and dtype.

        Raises:
            BoardRefused: there is none.
        """
        return self._activation(read_blob(self.console, "activation"))

    # Internals

    def _connect(self) -> Console:
        return Console.open(self._port, check=self._lab.check if self._lab else None)

    def _default_build(self) -> FirmwareBuild:
        if self._lab is None:
            raise BadInputError(
                "A real board needs firmware built with ESP-IDF; name its build directory "
                "(--firmware, --hil-firmware)."
            )
        return default_firmware()

    def _part(self, model: "Model", cut: "Cut | str | int | None", role: str) -> _Loaded:
        if role == "full":
            return _Loaded(model, None, role, model.model_id)
        split = model.split(cut)
        return _Loaded(model, split.cut, role, split.model_id)

    def _model_file(
        self, build: FirmwareBuild, model: "Model", cut: "Cut | str | int | None", role: str
    ) -> tuple[_Loaded, FlashFile]:
        loaded = self._part(model, cut, role)
        slot = build.model_slot()
        data = slot_file(model, loaded.cut, role, slot.size)
        return loaded, FlashFile(slot.offset, data, "model")

    def _write(
        self,
        files: list[FlashFile],
        build: FirmwareBuild,
        progress: OnProgress | None,
        *,
        with_app: bool,
    ) -> FlashReport:
        self._disconnected()
        self._loaded = None
        log = self.console.log
        self.console.close()
        try:
            return flash(
                self._port,
                files,
                simulated_image=with_app and build.simulated,
                ota=build.ota if with_app else None,
                progress=progress,
            )
        finally:
            self.console = self._connect()
            self.console.log.extendleft(reversed(log))

    def _disconnected(self) -> None:
        """Forget what does not outlive a reset."""
        self._info = None
        self._edge = None
        self._stored = None
        self._address = ""

    def _accept(self, loaded: _Loaded) -> None:
        what = f"the {loaded.role} of {loaded.model.name}"
        check_model(self.info, self.console, loaded.model_id, what)
        self._loaded = loaded

    def _require_loaded(self) -> _Loaded:
        if self._loaded is None:
            raise BadInputError("No model is known to be on the board; flash one first.")
        return self._loaded

    def _credentials(self) -> WifiCredentials:
        wifi = self.spec.wifi or (self._lab.wifi if self._lab else None)
        if wifi is None:
            raise BadInputError(
                "A real board needs an access point: put [wifi] with ssid and password_env "
                "into hil.toml."
            )
        return WifiCredentials(wifi.ssid, wifi.password)

    def _edge_host(self) -> str:
        if self.spec.edge_host is not None:
            return self.spec.edge_host
        if self._lab is not None:
            return "127.0.0.1"
        return own_address_towards(self._address)

    def _record(self, message_id: int) -> Any:
        if self._edge is None:
            raise BadInputError("The board is not connected; call connect() with an edge server.")
        return self._edge.record(message_id, session=self.info.session, timeout=_RECORD_PATIENCE_S)

    def _activation(self, data: bytes) -> np.ndarray:
        cut = self._require_loaded().cut
        assert cut is not None
        return np.frombuffer(data, cut.dtype).reshape(cut.shape)
