"""Trains the models of fraud on a simulated bank, and says how well they find its frauds.

python -m examples.fraud.train --customers 1000 --days 60
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import skops.io
import typer
import xgboost

from examples.fraud.data import Examples, examples
from examples.fraud.models import BOOSTED, FOREST, folder

LAST = 0.3  # the share of the examples, the last ones, that the models are not shown
FALSE_ALARMS = 0.001  # of the honest ones among those: what a threshold may cost


def _split(data: Examples) -> tuple[Examples, Examples]:
    """What the models are shown, and what they are not."""
    end = int(len(data.is_fraud) * (1 - LAST))
    return Examples(data.vectors[:end], data.is_fraud[:end]), Examples(data.vectors[end:], data.is_fraud[end:])


def train(data: Examples, out: Path) -> dict[str, float]:
    """Write both models into a folder; returns how well each ranks later transfers (area under the ROC curve)."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    out.mkdir(parents=True, exist_ok=True)
    (known, labels), (later, truth) = _split(data)

    forest = HistGradientBoostingClassifier(random_state=1, max_iter=60, class_weight="balanced").fit(known, labels)
    skops.io.dump(forest, out / FOREST)

    weight = (len(labels) - labels.sum()) / max(labels.sum(), 1)
    params = {
        "objective": "binary:logistic",
        "max_depth": 4,
        "eta": 0.2,
        "scale_pos_weight": weight,
        "nthread": 2,
        "seed": 1,
    }
    boosted = xgboost.train(params, xgboost.DMatrix(known, labels), num_boost_round=60)
    boosted.save_model(out / BOOSTED)

    scores: dict[str, Any] = {
        "forest": forest.predict_proba(later)[:, 1],
        "boosted": boosted.predict(xgboost.DMatrix(later)),
    }
    return {name: float(roc_auc_score(truth, np.asarray(found))) for name, found in scores.items()}


def alarm_from(data: Examples, out: Path) -> float:
    """The least score for which one of a thousand honest transfers, which the booster was not shown, is an alarm."""
    _, later = _split(data)
    honest = later.vectors[later.is_fraud == 0]
    scores = xgboost.Booster(model_file=out / BOOSTED).predict(xgboost.DMatrix(honest))
    return float(np.quantile(scores, 1 - FALSE_ALARMS, method="higher"))


def main(
    customers: Annotated[int, typer.Option(help="Of the simulated bank.")] = 1_000,
    days: Annotated[int, typer.Option(help="That are simulated.")] = 60,
    honest: Annotated[int, typer.Option(help="Transfers that are no fraud, to learn from.")] = 20_000,
    out: Annotated[Path | None, typer.Option(help="Where the models go; by default where they are looked for.")] = None,
) -> None:
    """Train both models of fraud."""
    data = examples(customers=customers, days=days, honest=honest)
    where = folder() if out is None else out
    found = train(data, where)
    sys.stdout.write(f"{len(data.is_fraud):,} transfers, {int(data.is_fraud.sum()):,} of them frauds\n")
    for name, area in found.items():
        sys.stdout.write(f"{name}: area under the ROC curve over the last {LAST:.0%}: {area:.3f}\n")
    sys.stdout.write(f"written to {where}\n")


if __name__ == "__main__":
    typer.run(main)
