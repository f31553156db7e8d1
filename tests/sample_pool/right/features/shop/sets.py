"""A set under default aliases."""

from features.shop.article import article
from features.shop.customer import customer

from millpond import FeatureSet

basket = FeatureSet(
    "basket",
    version=1,
    owner="checkout",
    features=[customer["visits_1h"], *article.all(), customer["spend_30d"]],
    description="Who buys what.",
)
