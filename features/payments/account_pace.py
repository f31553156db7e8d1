"""How fast an account sends: apart from what else is known of it, for its tiles are the smallest and the most."""

from features.payments import sources
from millpond import LIFETIME, Count, FeatureView, SecondsSinceFirst, _

account_pace = FeatureView(
    "account_pace",
    version=1,
    owner="fraud",
    entity=sources.account,
    source=sources.transfers,
    by={"account_id": _.sender_id},
    precision="exact",
    cap=500,  # events in a day of the busiest
    fallback="100%",
    features={
        "attempts": Count(windows=["10m", "1h"], description="Transfers it tried, also those that failed."),
        "since_first": SecondsSinceFirst(windows=[LIFETIME], description="How long ago it first tried one."),
    },
    description="How fast an account sends, and since when.",
)
