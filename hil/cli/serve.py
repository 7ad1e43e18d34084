# SPDX-License-Identifier: MIT
"""``hil serve``: the edge server by itself."""

import json
import logging
import signal
import sys
import threading
from types import FrameType

import click

from hil.cli.shared.saying import say
from hil.errors import BadInputError, EdgeError
from hil.host.activity import doing

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
@click.option("--json", "as_json", is_flag=True, help="Print the address as one line of JSON.")
def serve(model: str, cut: str | None, address: str, kernels: str, as_json: bool) -> None:
    """Run the tail of a model for boards that run its head, over TCP and UDP.

    Prints one line with the address on standard output, then logs connections, inferences and at
    the end the counters on standard error. Ctrl-C or SIGTERM ends it.
    """
    from hil.edge import EdgeServer
    from hil.model.interpreter import Kernels
    from hil.model.model import Model

    host, port = _parse(address)
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
    edge = EdgeServer(
        split.tail, split.model_id, kernels=Kernels[kernels.upper()], host=host, port=port
    )
    with edge:
        announcement = {
            "tcp": "{}:{}".format(*edge.address),
            "udp": "{}:{}".format(*edge.address),
            "model": loaded.name,
            "cut": split.cut.short_name,
            "model_id": f"{split.model_id:08x}",
            "activation_bytes": split.cut.bytes,
        }
        say(
            json.dumps(announcement)
            if as_json
            else "serving {model} after {cut} (model {model_id}) on {tcp}, TCP and UDP; "
            "Ctrl-C ends".format(**announcement)
        )
        while not stop.wait(_CHECK_S):
            if not edge.alive:
                raise EdgeError("The edge server died; its log above says why.")
        counters = " ".join(f"{name}={count}" for name, count in sorted(edge.counters.items()))
        logging.getLogger("hil.edge").info("served %s", counters or "nobody")


def _parse(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 0xFFFF:
        raise BadInputError(
            f"{address!r} is no address to listen on; write HOST:PORT, for example 0.0.0.0:4000."
        )
    return host.strip("[]"), int(port)
