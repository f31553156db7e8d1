"""What an account receives, and from how many."""

from features.payments import sources
from features.payments.conditions import moved
from millpond import Count, CountDistinct, FeatureView, Sum, Window, _

account_in = FeatureView(
    "account_in",
    version=1,
    owner="fraud",
    entity=sources.account,
    source=sources.transfers,
    by={"account_id": _.recipient_id},
    windows=["24h"],
    precision="exact",
    cap=500,  # events in a day of the busiest
    fallback="100%",
    features={
        "senders": CountDistinct(_.sender_id, windows=["24h", "7d"], description="Accounts that sent to it."),
        "inflow": Sum(_.amount, where=moved, description="Money that it received."),
        "transfers": Count(
            windows=[Window("30d", delay="7d")], description="Transfers to it, without the last week's."
        ),
    },
    description="What an account receives, and from how many.",
)
