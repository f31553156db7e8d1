"""Sets whose request is an event itself: left out, and waited for."""

from features.shop import sources
from features.shop.customer import customer
from features.shop.habits import habits

from millpond import Derived, FeatureSet, _

before = FeatureSet(
    "before",
    version=1,
    owner="risk",
    request=sources.sales,
    own_event="exclude",
    features=[
        *habits.all(),
        customer["visits_30d_delayed_7d"],
        Derived("share", _.request.amount / _.habits.spend_1h.nullif(0)),
    ],
    description="What was known before the sale.",
)

with_it = FeatureSet(
    "with_it",
    version=1,
    owner="risk",
    request=sources.sales,
    own_event="include",
    features=[*habits.all(), customer["visits_1h"]],
    description="What is known with the sale.",
)
