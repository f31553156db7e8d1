"""Reasons: what moved a score, in the words of the definitions, from a reply as it is read."""

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import xgboost

from examples.fraud.live import plan_of
from examples.fraud.reasons import MOST, Reasons
from millpond.plan.compiled import load_compiled
from millpond.services.replies import flat_names

POOL: Final = load_compiled(Path(__file__).parents[3])
PLAN: Final = plan_of(POOL)
NAMES: Final = [place.name for place in PLAN.places]


@pytest.fixture(scope="module")
def reasons(tmp_path_factory: pytest.TempPathFactory) -> Reasons:
    """Of a booster to which many attempts, and a device that is new or nearly so, are a fraud."""
    rng = np.random.default_rng(1)
    vectors = rng.uniform(0, 100, (2_000, len(NAMES)))
    attempts, device = (vectors[:, NAMES.index(name)] for name in ("pace.attempts_10m", "device.since_first_lifetime"))
    device[rng.random(2_000) < 0.3] = np.nan
    data = xgboost.DMatrix(vectors, (attempts > 50).astype(float) + ~(device > 20) * 0.5)
    file = tmp_path_factory.mktemp("model") / "boosted.ubj"
    xgboost.train({"max_depth": 3, "seed": 1, "nthread": 1}, data, num_boost_round=20).save_model(file)
    return Reasons(PLAN, POOL, file)


def values(**given: Any) -> dict[str, Any]:
    """A reply's: 5 of everything else."""
    return dict.fromkeys(flat_names(PLAN), Decimal(5)) | given


def test_the_strongest_comes_first_with_its_words_and_value(reasons: Reasons) -> None:
    found = reasons.clues(values(pace__attempts_10m=97, device__since_first_lifetime=50.0))
    assert found[0].place == "pace.attempts_10m"
    assert found[0].words == "pace: transfers it tried, also those that failed, in the last 10 minutes"
    assert found[0].value == "97"
    assert len(found) <= MOST


def test_what_is_not_there_may_be_what_speaks_for_it(reasons: Reasons) -> None:
    found = {
        clue.place: clue for clue in reasons.clues(values(pace__attempts_10m=2, device__since_first_lifetime=None))
    }
    assert found["device.since_first_lifetime"].value == "never"
    assert "pace.attempts_10m" not in found


def test_a_length_of_time_is_told_as_one(reasons: Reasons) -> None:
    found = {
        clue.place: clue for clue in reasons.clues(values(pace__attempts_10m=2, device__since_first_lifetime=12.5))
    }
    assert found["device.since_first_lifetime"].value == "12.5 s"


def test_the_vector_of_a_reply_has_the_set_s_places_in_order(reasons: Reasons) -> None:
    given = {name: Decimal(number) for number, name in enumerate(flat_names(PLAN))}
    assert reasons.vector(given).to_numpy().tolist() == list(range(len(NAMES)))
    assert reasons.vector(given).names == tuple(NAMES)
