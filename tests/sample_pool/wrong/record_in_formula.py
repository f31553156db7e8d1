"""features/shop/record_in_formula.py:16: record_in_formula.features['at_home']: where: _.address.isnull is a method of ibis, and there is no field 'address.isnull'
  mend: _.address is a record; write _.address.city.isnull
"""

from features.shop import sources
from millpond import Count, FeatureView, _

record_in_formula = FeatureView(
    "record_in_formula",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"at_home": Count(where=_.address.isnull())},
)
