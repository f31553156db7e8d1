"""A set with a request and derived places: over the request, features, a list's places, counts, and one another."""

from features.shop import sources
from features.shop.customer import customer
from features.shop.habits import habits
from features.shop.profile import profile

from millpond import Derived, FeatureSet, _, haversine_km

buyer = customer.bind("buyer", customer_id=_.customer_id)
giver = customer.bind("giver", customer_id=_.giver_id)
known = profile.bind("known", customer_id=_.customer_id)
place = _.request.address.place

till = FeatureSet(
    "till",
    version=1,
    owner="risk",
    request=sources.sales,
    views=[habits.bind("habit", customer_id=_.customer_id), known],
    features=[
        Derived("paid", _.request.amount, description="What is paid now."),
        buyer["visits_1h"],
        Derived("over_mean", (_.request.amount - _.buyer.mean_spend_30d) / _.buyer.mean_spend_30d.nullif(0)),
        Derived("more_than_last", _.request.amount - _.habit.last_amounts_1h[0]),
        Derived("before_last", _.habit.last_amounts_1h[1].coalesce(0)),
        Derived("by_web", _.habit.channel_counts_1h["WEB"].coalesce(0)),
        Derived("km_north", haversine_km(place.lat, place.lon, _.known.home_lat_7d, place.lon)),
        Derived("is_far", (_.km_north > 100) & (_.over_mean > 1)),
        Derived("from_campaign", _.request.extra["campaign"] == _.known.home_campaign_7d),
        Derived("night", _.request.sold_at.hour() < 6),
        giver["spend_30d"],
    ],
)
