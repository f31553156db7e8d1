"""Two models of fraud: `python -m examples.fraud.train` makes them, and `millpond enrich --model` scores with one.

    --model examples.fraud.models:forest     scikit-learn
    --model examples.fraud.models:boosted    XGBoost

Where they were written is said by FRAUD_MODELS, by default the folder `models` here.
"""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

# Here, and not where they are used: the enricher imports this before it takes requests, and the first ones would wait
# for seconds.
import skops.io
import xgboost

Vectors = npt.NDArray[np.float64]
FOREST, BOOSTED = "forest.skops", "boosted.ubj"


def folder() -> Path:
    """Where the models are."""
    return Path(os.environ.get("FRAUD_MODELS", "models"))


def forest(vectors: Vectors) -> Sequence[float]:
    """How likely each transfer is a fraud, to scikit-learn's boosted trees; nulls are theirs to judge."""
    found: Sequence[float] = _forest().predict_proba(vectors)[:, 1]
    return found


def boosted(vectors: Vectors) -> Sequence[float]:
    """How likely each transfer is a fraud, to XGBoost."""
    found: Sequence[float] = _boosted().inplace_predict(vectors)
    return found


@cache
def _forest() -> Any:
    file = folder() / FOREST
    return skops.io.load(file, trusted=skops.io.get_untrusted_types(file=file))


@cache
def _boosted() -> Any:
    model = xgboost.Booster()
    model.load_model(folder() / BOOSTED)
    model.set_param({"nthread": 1})  # of batches this small, threads make more trouble than they save
    return model
