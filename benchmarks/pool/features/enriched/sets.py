"""Twenty features of three entities, with the payment that is asked about, and as they are now."""

from features.enriched.card import card
from features.enriched.device import device
from features.enriched.merchant import merchant

from features.payments import sources
from millpond import FeatureSet

FEATURES = [*card.all(), *merchant.all(), *device.all()[:6]]

with_it = FeatureSet(
    "with_it", version=1, owner="benchmarks", request=sources.payments, own_event="include", features=FEATURES
)
as_it_is = FeatureSet("as_it_is", version=1, owner="benchmarks", features=FEATURES)
