"""An integer key; lifetimes alone; a source without event ids."""

from features.shop import sources

from millpond import LIFETIME, Count, FeatureView, Sum, _

article = FeatureView(
    "article",
    version=1,
    owner="assortment",
    entity=sources.article,
    source=sources.replayed_sales,
    by={"article_id": _.article_id},
    windows=[LIFETIME],
    features={"sold": Sum(_.quantity), "lines": Count()},
)
