# SPDX-License-Identifier: MIT
"""Compare predicted transfer times with those that a virtual board measures. Both are simulated.

For every cut of a model and every link, the third inference counts. By what the prediction is off
the constants of hil/planning/transfer/processor.py are fitted.

    python benchmarks/transfer_prediction.py [--model DIR] [--every N]
"""

import argparse
import json
from pathlib import Path

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.links import LINKS
from hil.model.model import Model
from hil.model.prove import random_inputs
from hil.planning.transfer.transfer import transfer
from hil.sim.process import Lab

ROOT = Path(__file__).parents[1]
INFERENCES = 3


def main() -> None:
    """Print one line of JSON for each cut and link, and the largest deviation at the end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "dogs19")
    parser.add_argument("--every", type=int, default=1, help="take every N-th cut only")
    arguments = parser.parse_args()

    model = Model.load(arguments.model)
    (x,) = random_inputs(model.inputs, 1)
    worst = 0.0
    with (
        Lab.start(boards=2) as lab,
        Board.open(lab=lab) as head,
        Board.open(lab=lab, index=1) as gateway,
    ):
        head.flash(None, model, model.cuts[0])
        gateway.flash(None, None)
        for cut in model.cuts[:: arguments.every]:
            head.load(model, cut)
            split = model.split(cut)
            with EdgeServer(
                split.tail, split.model_id, host="127.0.0.1", stopwatch=head.stopwatch
            ) as edge:
                for via in LINKS:
                    head.connect(edge, via, gateway=gateway if via == "espnow" else None)
                    times = [head.infer(x, output=False).stages for _ in range(INFERENCES)]
                    measured, predicted = times[-1].transfer_us, transfer(via, cut.bytes)
                    assert predicted is not None
                    off = predicted.usual.transfer_us / measured - 1
                    worst = max(worst, abs(off))
                    line = {
                        "via": via,
                        "cut": cut.short_name,
                        "bytes": cut.bytes,
                        "measured_us": measured,
                        "predicted_us": predicted.usual.transfer_us,
                        "off": round(off, 5),
                    }
                    print(json.dumps(line), flush=True)
                head.disconnect()
    print(json.dumps({"largest_deviation": round(worst, 5)}))


if __name__ == "__main__":
    main()
