"""What gave a fraud away: the places of its vector to which XGBoost owes most of the score, in words."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from examples.fraud.tally import Clue
from millpond.algebra.values import Value
from millpond.offline import words
from millpond.plan.english.windows import windows
from millpond.plan.model import DerivedPlan, FeaturePlan, Pool, SetFeature, SetPlan
from millpond.plan.windows import SECOND
from millpond.serve.status import Status
from millpond.serve.vector import Vector
from millpond.services.replies import flat_names

MOST: Final = 4
SAYS: Final[Status] = "present"


class Reasons:
    """Explains scores.

    Args:
        plan: of the set that is scored.
        pool: with the views that it reads.
        model: the file of the trained booster.
    """

    def __init__(self, plan: SetPlan, pool: Pool, model: Path) -> None:
        import xgboost

        self._plan = plan
        self._flat = flat_names(plan)
        self._words = [_words(place, plan, pool) for place in plan.places]
        self._is_span = [_is_span(place, plan, pool) for place in plan.places]
        self._booster = xgboost.Booster(model_file=model)

    def clues(self, values: Mapping[str, Any]) -> tuple[Clue, ...]:
        """Up to four, the strongest first: what moves the score most towards fraud (by SHAP values of the trees).

        Args:
            values: of a reply, by flat name.
        """
        import xgboost

        vector = self.vector(values)
        # The last of them is the bias, which is no place.
        (shares,) = self._booster.predict(xgboost.DMatrix(vector.to_numpy().reshape(1, -1)), pred_contribs=True)
        ranked = sorted(range(len(self._flat)), key=lambda at: -shares[at])
        return tuple(
            Clue(
                place=vector.names[at],
                words=self._words[at],
                value=_shown(vector.values[at], is_span=self._is_span[at]),
            )
            for at in ranked[:MOST]
            if shares[at] > 0
        )

    def vector(self, values: Mapping[str, Any]) -> Vector:
        """The vector that a whole reply is of."""
        places = self._plan.places
        return Vector(
            tuple(place.name for place in places),
            tuple(place.type for place in places),
            tuple(values[name] for name in self._flat),
            (SAYS,) * len(places),
            0,
        )


def _words(place: SetFeature | DerivedPlan, plan: SetPlan, pool: Pool) -> str:
    if isinstance(place, DerivedPlan):
        return place.description.removesuffix(".")
    feature = _feature(place, plan, pool)
    said = feature.description.removesuffix(".")
    when = "" if feature.window.size_ms is None else f", {windows([feature.window])}"
    return f"{place.alias.replace('_', ' ')}: {said[:1].lower()}{said[1:]}{when}"


def _feature(place: SetFeature, plan: SetPlan, pool: Pool) -> FeaturePlan:
    (binding,) = (binding for binding in plan.bindings if binding.alias == place.alias)
    return pool.view(binding.view, binding.version).feature(place.feature)


def _is_span(place: SetFeature | DerivedPlan, plan: SetPlan, pool: Pool) -> bool:
    """Whether its number is of seconds."""
    return isinstance(place, SetFeature) and _feature(place, plan, pool).aggregation.startswith("seconds_since")


def _shown(value: Value, *, is_span: bool) -> str:
    if value is None:
        return "never" if is_span else "none"
    assert isinstance(value, int | float | Decimal), "what a model of numbers is given"
    return words.span(int(value * SECOND)) if is_span else words.short(value)
