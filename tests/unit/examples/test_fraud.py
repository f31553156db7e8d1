"""The models of fraud: trained on a small bank they find later frauds, and score as they did in training."""

from pathlib import Path
from typing import Final

import numpy as np
import pytest

from examples.fraud import models
from examples.fraud.data import Examples, examples
from examples.fraud.train import FALSE_ALARMS, LAST, alarm_from, train
from millpond.plan.compiled import load_compiled

ROOT: Final = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def data() -> Examples:
    return examples(customers=250, days=30, honest=600)


def test_examples_are_vectors_of_the_set_with_what_became_of_them(data: Examples) -> None:
    (plan,) = (plan for plan in load_compiled(ROOT).sets if plan.full_name == "payments.transfer_fraud")
    assert data.vectors.shape == (len(data.is_fraud), len(plan.places))
    assert 10 < data.is_fraud.sum() < len(data.is_fraud) - 500
    assert np.isnan(data.vectors).any()


def test_what_is_trained_finds_later_frauds_and_is_found_by_the_enricher(
    data: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    areas = train(data, tmp_path)
    assert all(area > 0.8 for area in areas.values()), areas
    monkeypatch.setenv("FRAUD_MODELS", str(tmp_path))
    for score in (models.forest, models.boosted):
        scores = np.asarray(score(data.vectors))
        assert scores.shape == data.is_fraud.shape
        assert scores[data.is_fraud == 1].mean() > scores[data.is_fraud == 0].mean() + 0.3
        assert float(score(data.vectors[:1])[0]) == pytest.approx(float(scores[0]), abs=1e-6)


def test_an_alarm_takes_a_score_that_hardly_any_honest_transfer_has_that_was_not_shown(
    data: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(data, tmp_path)
    monkeypatch.setenv("FRAUD_MODELS", str(tmp_path))
    models._boosted.cache_clear()
    last = int(len(data.is_fraud) * (1 - LAST))
    scores, honest = np.asarray(models.boosted(data.vectors[last:])), data.is_fraud[last:] == 0
    threshold = alarm_from(data, tmp_path)
    false = int((scores[honest] >= threshold).sum())
    assert false == max(1, round(FALSE_ALARMS * honest.sum()))
