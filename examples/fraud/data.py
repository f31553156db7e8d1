"""What models are trained on: transfers of a simulated bank with the vectors they had, and whether they were fraud."""

import random
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from millpond.offline.data import Files, load
from millpond.offline.draws import Draws
from millpond.offline.subject import subject
from millpond.offline.vectors import Ask, vectors
from millpond.serve import to_numpy
from millpond.simulate import Simulation
from millpond.simulate.folder import write

SET = "payments.transfer_fraud"
ROOT = Path(__file__).parents[2]


class Examples(NamedTuple):
    """Vectors of transfers, in the order of time, and 1.0 where a transfer was fraud."""

    vectors: npt.NDArray[np.float64]
    is_fraud: npt.NDArray[np.float64]


def examples(*, customers: int, days: int, honest: int, seed: int = 1) -> Examples:
    """Every fraud of a simulation, and so many transfers that are none, each with the vector it would have had live.

    Args:
        customers, days, seed: of the simulation.
        honest: transfers that are no fraud, drawn at random.
    """
    asked = subject(ROOT, SET)
    with tempfile.TemporaryDirectory() as folder:
        simulation = Simulation(seed=seed, customers=customers, days=days)
        write(simulation, Path(folder) / "payments")
        with load(asked, Files(Path(folder) / "payments")) as events:
            assert asked.asked_by is not None, "its requests are transfers"
            drawn = Draws(asked, asked.asked_by, events, 2**62).spread(10**9, {})
            requests = [request for request, _ in drawn]
            frauds = {n for n, request in enumerate(requests) if request["event_id"] in simulation.truth}
            others = [n for n in range(len(requests)) if n not in frauds]
            chosen = sorted(frauds | set(random.Random(seed).sample(others, min(honest, len(others)))))
            found = vectors(events, asked.plan, asked.views, [Ask(requests[n]) for n in chosen])
    labels: Any = [float(n in frauds) for n in chosen]
    return Examples(to_numpy(found), np.array(labels))
