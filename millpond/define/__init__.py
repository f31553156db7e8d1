"""What authors write: sources, entities, views and sets; and how they are loaded and compiled to Plans."""

from millpond.define.aggregations import (
    ArgMax,
    ArgMin,
    Count,
    CountDistinct,
    CountNew,
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
)
from millpond.define.derived import Derived
from millpond.define.entity import Entity
from millpond.define.feature_set import FeatureSet
from millpond.define.functions import haversine_km, local_day_of_week, local_hour
from millpond.define.source import EventSource
from millpond.define.view import Feature, FeatureView
from millpond.define.windows import LIFETIME, Window

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
    "haversine_km",
    "local_day_of_week",
    "local_hour",
]
