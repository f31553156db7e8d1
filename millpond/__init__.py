"""Streaming features from one shared pool: what authors import, each name fetched when it is first asked for.

`import millpond` alone imports nothing else, so that a serving process never pays for ibis.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ibis import _

    from millpond.define import (
        LIFETIME,
        ArgMax,
        ArgMin,
        Count,
        CountDistinct,
        CountNew,
        Derived,
        Entity,
        EventSource,
        Feature,
        FeatureSet,
        FeatureView,
        First,
        FirstK,
        Kurtosis,
        Last,
        LastK,
        Max,
        Mean,
        Median,
        Min,
        Quantile,
        SecondsSinceFirst,
        SecondsSinceLast,
        Skew,
        Std,
        Sum,
        TopK,
        ValueCounts,
        Var,
        Window,
        haversine_km,
        local_day_of_week,
        local_hour,
    )

__all__ = [
    "LIFETIME",
    "ArgMax",
    "ArgMin",
    "Count",
    "CountDistinct",
    "CountNew",
    "Derived",
    "Entity",
    "EventSource",
    "Feature",
    "FeatureSet",
    "FeatureView",
    "First",
    "FirstK",
    "Kurtosis",
    "Last",
    "LastK",
    "Max",
    "Mean",
    "Median",
    "Min",
    "Quantile",
    "SecondsSinceFirst",
    "SecondsSinceLast",
    "Skew",
    "Std",
    "Sum",
    "TopK",
    "ValueCounts",
    "Var",
    "Window",
    "_",
    "haversine_km",
    "local_day_of_week",
    "local_hour",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'millpond' has no attribute {name!r}")
    return getattr(import_module("ibis" if name == "_" else "millpond.define"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
