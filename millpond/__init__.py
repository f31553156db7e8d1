"""Streaming features from one shared pool: what authors import, each name fetched when it is first asked for.

`import millpond` alone imports nothing else, so that a serving process never pays for ibis.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ibis import _

    from millpond.define import (
        LIFETIME,
        ArgMax,
        ArgMin,
        Count,
        Entity,
        EventSource,
        FeatureSet,
        FeatureView,
        First,
        Kurtosis,
        Last,
        Max,
        Mean,
        Min,
        SecondsSinceFirst,
        SecondsSinceLast,
        Skew,
        Std,
        Sum,
        Var,
        Window,
    )

_HOMES: Final = {
    "LIFETIME": "millpond.define.windows",
    "ArgMax": "millpond.define.aggregations",
    "ArgMin": "millpond.define.aggregations",
    "Count": "millpond.define.aggregations",
    "Entity": "millpond.define.entity",
    "EventSource": "millpond.define.source",
    "FeatureSet": "millpond.define.feature_set",
    "FeatureView": "millpond.define.view",
    "First": "millpond.define.aggregations",
    "Kurtosis": "millpond.define.aggregations",
    "Last": "millpond.define.aggregations",
    "Max": "millpond.define.aggregations",
    "Mean": "millpond.define.aggregations",
    "Min": "millpond.define.aggregations",
    "SecondsSinceFirst": "millpond.define.aggregations",
    "SecondsSinceLast": "millpond.define.aggregations",
    "Skew": "millpond.define.aggregations",
    "Std": "millpond.define.aggregations",
    "Sum": "millpond.define.aggregations",
    "Var": "millpond.define.aggregations",
    "Window": "millpond.define.windows",
    "_": "ibis",
}

__all__ = [
    "LIFETIME",
    "ArgMax",
    "ArgMin",
    "Count",
    "Entity",
    "EventSource",
    "FeatureSet",
    "FeatureView",
    "First",
    "Kurtosis",
    "Last",
    "Max",
    "Mean",
    "Min",
    "SecondsSinceFirst",
    "SecondsSinceLast",
    "Skew",
    "Std",
    "Sum",
    "Var",
    "Window",
    "_",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'millpond' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
