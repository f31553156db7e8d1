"""A set of another domain, which binds one view twice."""

from features.shop.customer import customer
from features.shop.customer_store import customer_store

from millpond import FeatureSet, _

buyer = customer.bind("buyer", customer_id=_.buyer_id)
bringer = customer.bind("bringer", customer_id=_.bringer_id)

returns = FeatureSet(
    "returns",
    version=3,
    owner="risk",
    features=[
        buyer["visits_lifetime"],
        bringer["visits_lifetime"],
        buyer["spend_30d"],
        *customer_store.bind("here", store_id=_.store_id, customer_id=_.bringer_id).all(),
    ],
)
