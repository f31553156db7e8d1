"""The vectors the retail models read."""

from features.retail.basket import basket
from features.retail.household import household
from features.retail.household_store import household_store
from features.retail.product import product
from features.retail.store import store
from millpond import FeatureSet

shopper = FeatureSet(
    "shopper",
    version=1,
    owner="shopper insight",
    features=[*household.all(), *household_store.all(), *store.all()],
    description="Who is at the till, and where: for offers printed on the receipt. Ask with household_id and store_id.",
)

shelf = FeatureSet(
    "shelf",
    version=1,
    owner="assortment",
    features=[*product.all(), *store.all(), *basket.all()],
    description="What sells where: for filling shelves. Ask with product_id, store_id and basket_id.",
)
