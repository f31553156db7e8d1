"""docs/payments.md: what the run on the simulated bank compared and measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.payments.comparing import Compared
from tests.payments.measuring import Measured

PAGE: Final = Path(__file__).parents[2] / "docs" / "payments.md"
RESULTS: Final = Path(__file__).with_name("results.json")


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run."""

    events: int
    instants: int
    took_s: int
    measured: Measured
    compared: Sequence[Compared]


def write_results(results: Results) -> None:
    """Keep the figures, and write the page."""
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
