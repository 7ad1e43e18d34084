# SPDX-License-Identifier: MIT
"""``hil serve``: the edge server by itself."""

import contextlib
import json
import logging
import signal
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

import click

from hil.cli.shared.saying import say
from hil.errors import BadInputError, EdgeError
from hil.host.activity import doing
from hil.host.secret import Unseen
from hil.rig.key_file import read_or_make_key

_CHECK_S = 1.0


@click.command()
@click.option("--model", required=True, metavar="PATH", help="Model directory or .tflite file.")
@click.option("--cut", metavar="CUT", help="Where the model is cut; its default cut if not given.")
@click.option(
    "--listen",
    "--tcp",
    "address",
    default="127.0.0.1:0",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen, over TCP and UDP: port 0 takes a free one, host 0.0.0.0 lets boards on "
    "a network in.",
)
@click.option(
    "--kernels",
    type=click.Choice(["reference", "xnnpack"]),
    default="reference",
    show_default=True,
    help="reference computes what a board would; xnnpack is faster and differs slightly.",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the key is that boards have to have been given; made if it is not there. Default: "
    "a new key, in a file that is removed at the end.",
)
@click.option("--no-key", is_flag=True, help="Serve anybody, without a key.")
@click.option("--json", "as_json", is_flag=True, help="Print the address as one line of JSON.")
def serve(
    model: str,
    cut: str | None,
    address: str,
    kernels: str,
    key_file: Path | None,
    no_key: bool,
    as_json: bool,
) -> None:
    """Run the tail of a model for boards that run its head, over TCP and UDP.

    Only boards with its key are served: 'hil monitor --key-file FILE' gives it to one, which keeps
    it until it is reset.

    Prints one line with the address on standard output, then logs connections, inferences and at
    the end the counters on standard error. Ctrl-C or SIGTERM ends it.
    """
    from hil.edge import EdgeServer
    from hil.model.interpreter import Kernels
    from hil.model.model import Model

    host, port = _parse(address)
    if no_key and key_file is not None:
        raise BadInputError("--key-file and --no-key are both given; give one.")
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("hil.edge").setLevel(logging.INFO)
    with doing("cutting the model"):
        loaded = Model.load(model)
        split = loaded.split(cut)
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    with contextlib.ExitStack() as stack:
        key, kept_in = _key(key_file, stack) if not no_key else (None, None)
        edge = stack.enter_context(
            EdgeServer(
                split.tail,
                split.model_id,
                kernels=Kernels[kernels.upper()],
                host=host,
                port=port,
                key=key,
            )
        )
        announcement = {
            "tcp": "{}:{}".format(*edge.address),
            "udp": "{}:{}".format(*edge.address),
            "model": loaded.name,
            "cut": split.cut.short_name,
            "model_id": f"{split.model_id:08x}",
            "activation_bytes": split.cut.bytes,
            "key_file": None if kept_in is None else str(kept_in),
        }
        say(
            json.dumps(announcement)
            if as_json
            else "serving {model} after {cut} (model {model_id}) on {tcp}, TCP and UDP; "
            "Ctrl-C ends".format(**announcement)
        )
        _say_key(kept_in)
        while not stop.wait(_CHECK_S):
            if not edge.alive:
                raise EdgeError("The edge server died; its log above says why.")
        counters = " ".join(f"{name}={count}" for name, count in sorted(edge.counters.items()))
        logging.getLogger("hil.edge").info("served %s", counters or "nobody")


def _key(path: Path | None, stack: contextlib.ExitStack) -> tuple[Unseen, Path]:
    """Return the key, and the file that it is in, which has a name of its own if not given one."""
    if path is not None:
        return read_or_make_key(path)[0], path.absolute()
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hil-")))
    return read_or_make_key(directory / "key")[0], directory / "key"


def _say_key(path: Path | None) -> None:
    if path is None:
        say("hil: WITHOUT A KEY: anybody on the network is served (--no-key)", err=True, bold=True)
    else:
        say(
            f"hil: authenticated; give a board the key: hil monitor --board PORT --key-file {path}",
            err=True,
        )


def _parse(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 0xFFFF:
        raise BadInputError(
            f"{address!r} is no address to listen on; write HOST:PORT, for example 0.0.0.0:4000."
        )
    return host.strip("[]"), int(port)
