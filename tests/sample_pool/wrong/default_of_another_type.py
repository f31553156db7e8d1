"""features/shop/default_of_another_type.py:19: model: features['default_of_another_type.channel_1h'].default: 0 is not of type string
  mend: write a value of the feature's type
"""

from features.shop import sources
from millpond import FeatureSet, FeatureView, Last, _

default_of_another_type = FeatureView(
    "default_of_another_type",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"channel": Last(_.channel), "weight": Last(_.weight)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[default_of_another_type["channel_1h"].default(0)])
