"""Moments, and what one event says."""

from features.shop import sources

from millpond import (
    LIFETIME,
    ArgMax,
    ArgMin,
    FeatureView,
    First,
    Kurtosis,
    Last,
    Max,
    Min,
    SecondsSinceFirst,
    SecondsSinceLast,
    Skew,
    Std,
    Var,
    Window,
    _,
)

profile = FeatureView(
    "profile",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["7d"],
    features={
        "spend_var": Var(_.amount),
        "spend_std": Std(_.amount, where=~_.gift),
        "spend_skew": Skew(_.amount),
        "spend_kurtosis": Kurtosis(_.amount),
        "count_var": Var(_["count"], windows=[LIFETIME]),
        "quantity_kurtosis": Kurtosis(_.quantity),
        "since_first": SecondsSinceFirst(),
        "since_gift": SecondsSinceLast(where=_.gift),
        "first_sale": First(_.sale_id, windows=["7d", LIFETIME]),
        "last_rating": Last(_.rating, windows=[Window("7d", delay="1d")]),
        "last": Last({"channel": _.channel, "discount": _.discount, "gift": _.gift, "paid_at": _.paid_at}),
        "home": Last({"city": _.address.city, "lat": _.address.place.lat, "campaign": _.extra["campaign"]}),
        "billed": ArgMax({"city": _.billed_to.city, "count": _.billed_to["count"]}, by=_.billed_to.place.lon),
        "dearest": ArgMax({"sale": _.sale_id, "article": _.article_id}, by=_.amount),
        "lightest": ArgMin(_.quantity, by=_.weight, where=_.amount > 0),
        "most_given": ArgMax(_.sold_at, by=_.gift),
        "channel_min": Min(_.channel, windows=["1d", Window("7d", delay="1d")]),
        "returned_max": Max(_.returned_by),
    },
)
