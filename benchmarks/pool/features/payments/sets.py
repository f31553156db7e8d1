"""The vector the benchmarks read: twenty features of three entities, from all nine hashes of their tiles."""

from features.payments.merchant import merchant

from features.payments.card import card
from features.payments.device import device
from millpond import FeatureSet

fraud = FeatureSet(
    "fraud",
    version=1,
    owner="benchmarks",
    features=[
        *(card[f"{name}_{window}"] for window in ("10m", "24h", "30d") for name in ("payments", "volume")),
        card["mean_30d"],
        card["most_30d"],
        *(merchant[f"{name}_{window}"] for window in ("10m", "24h") for name in ("payments", "volume")),
        merchant["mean_30d"],
        merchant["by_web_24h"],
        *(device[f"payments_{window}"] for window in ("10m", "24h", "30d")),
        device["volume_24h"],
        device["by_web_24h"],
        device["most_30d"],
    ],
)
