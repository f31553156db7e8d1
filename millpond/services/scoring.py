"""A model that scores vectors in the same step, and what becomes of a vector that is not whole."""

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from millpond.plan.errors import MillpondError
from millpond.serve import USABLE, Vector, to_numpy
from millpond.services import Degraded, Takes
from millpond.services.replies import Scored

Model = Callable[[Any], Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """How vectors are scored.

    Attributes:
        model: given vectors, it returns a number for each.
        takes: `numpy`, float64 of shape (vectors, places) as `to_numpy` has it, or the `vectors` themselves.
        degraded: a vector with a status that is not to be used is not scored (`refuse`), has the score `default`, or is
            scored with nulls in it (`flag`); its reply says `degraded` in any case.
        default: the score of such a vector, of `default`.
    """

    model: Model
    takes: Takes = "numpy"
    degraded: Degraded = "refuse"
    default: float | None = None

    def check(self, nothing: Vector) -> None:
        """See whether vectors can be what the model takes.

        Args:
            nothing: a vector of the set, of nulls.

        Raises:
            ReadError: a place of it is no number.
        """
        if self.takes == "numpy":
            nothing.to_numpy()

    def scores(self, vectors: Sequence[Vector]) -> list[Scored]:
        """What the model makes of each; it is called once, and where that fails once for each vector."""
        is_whole = [USABLE.issuperset(vector.statuses) for vector in vectors]
        asked = [n for n, whole in enumerate(is_whole) if whole or self.degraded == "flag"]
        scored = [self._unscored(vector) for vector in vectors]
        for n, (score, reason) in zip(asked, self._asked([vectors[n] for n in asked]), strict=True):
            scored[n] = Scored(score, not is_whole[n], reason, has_failed=bool(reason))
        return scored

    def _unscored(self, vector: Vector) -> Scored:
        if self.degraded == "default":
            return Scored(self.default, is_degraded=True, reason=f"the default score: the vector is {vector.status}")
        return Scored(None, is_degraded=True, reason=f"not scored: the vector is {vector.status}")

    def _asked(self, vectors: Sequence[Vector]) -> list[tuple[float | None, str]]:
        if not vectors:
            return []
        try:
            return [(score, "") for score in self._called(vectors)]
        except Exception as failure:  # noqa: BLE001  a model may raise anything, and its vectors are good all the same
            if len(vectors) == 1:
                return [(None, f"not scored: {type(failure).__name__}: {failure}")]
            return [one for vector in vectors for one in self._asked([vector])]

    def _called(self, vectors: Sequence[Vector]) -> list[float]:
        found = [float(score) for score in self.model(to_numpy(vectors) if self.takes == "numpy" else vectors)]
        if len(found) != len(vectors):
            raise MillpondError(f"{len(found)} scores for {len(vectors)} vectors", mend="return one for each")
        if not all(map(math.isfinite, found)):
            raise MillpondError("a score is not a finite number", mend="return finite numbers")
        return found


def load_model(name: str) -> Model:
    """The callable at `module:callable`; the module is found as Python finds it.

    Raises:
        MillpondError: there is none.
    """
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise MillpondError(f"--model {name!r} is not module:callable", mend="write --model scoring.fraud:score")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as cause:
        raise MillpondError(
            f"--model {name!r} cannot be loaded: {cause}",
            mend="its folder must be on PYTHONPATH, or be the present one",
        ) from cause
    if not callable(found):
        raise MillpondError(f"--model {name!r} is {found!r}, which cannot be called", mend="name a function")
    model: Model = found
    return model
