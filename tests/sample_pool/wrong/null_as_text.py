"""features/shop/null_as_text.py:19: model: null='none' is not a number
  mend: write a number, such as null=-1
"""

from features.shop import sources
from millpond import FeatureSet, FeatureView, Last, _

null_as_text = FeatureView(
    "null_as_text",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"channel": Last(_.channel), "weight": Last(_.weight)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[null_as_text["channel_1h"]], null="none")
