"""features/shop/map_key_of_the_event.py:16: map_key_of_the_event.features['campaign']: _.extra[_.channel] is no key of a map: its keys are texts
  mend: name one in quotes: _.extra["some_key"]; no key can be taken from the event itself
"""

from features.shop import sources
from millpond import FeatureView, Last, _

map_key_of_the_event = FeatureView(
    "map_key_of_the_event",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"campaign": Last(_.extra[_.channel])},
)
