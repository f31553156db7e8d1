"""What was reported about transfers to an account."""

from features.payments import sources
from millpond import Count, FeatureView, Window, _

reported = FeatureView(
    "reported",
    version=1,
    owner="fraud",
    entity=sources.account,
    source=sources.reports,
    by={"account_id": _.recipient_id},
    features={
        "frauds": Count(
            where=_.is_fraud,
            windows=["30d", Window("30d", delay="7d")],
            description="Transfers to it that turned out to be fraud; a report counts when it came in.",
        ),
    },
    description="What was reported about transfers to an account.",
)
