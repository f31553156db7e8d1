"""What authors write: sources, entities, views and sets; and how they are loaded and compiled to Plans."""

from millpond.define.aggregations import Count, Max, Mean, Min, Sum
from millpond.define.entity import Entity
from millpond.define.feature_set import FeatureSet
from millpond.define.source import EventSource
from millpond.define.view import FeatureView
from millpond.define.windows import LIFETIME, Window

__all__ = [
    "LIFETIME", "Count", "Entity", "EventSource", "FeatureSet", "FeatureView", "Max", "Mean", "Min", "Sum", "Window",
]  # fmt: skip
