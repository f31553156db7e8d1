"""How an account is used to send: what the last transfers are compared with, of a month and of a quarter."""

from features.payments import sources
from features.payments.conditions import into_high_risk, moved
from millpond import Count, CountDistinct, CountNew, FeatureView, LastK, Max, Mean, SecondsSinceLast, Std, Sum, _

account_habits = FeatureView(
    "account_habits",
    version=1,
    owner="fraud",
    entity=sources.account,
    source=sources.transfers,
    by={"account_id": _.sender_id},
    windows=["30d"],
    precision="exact",
    cap=500,  # events in a day of the busiest
    fallback="100%",
    features={
        # How much. Amounts are added as they are, whatever their currency.
        "volume": Sum(_.amount, where=moved, description="Money that it sent."),
        "largest": Max(_.amount, where=moved, description="The most it sent at once."),
        "mean": Mean(_.amount, where=moved, windows=["90d"], description="What it sends on average."),
        "std": Std(_.amount, where=moved, windows=["90d"], description="How much that varies."),
        "last_amounts": LastK(_.amount, k=5, description="Its last five amounts, the last one first."),
        # To whom, and with what.
        "new_recipients": CountNew(
            _.recipient_id,
            windows=["24h"],
            keep="90d",
            description="Accounts it sent to, and had not in the 90 days before.",
        ),
        "into_high_risk": Count(where=into_high_risk, description="Transfers abroad, to a country of high risk."),
        "devices": CountDistinct(_.device_id, description="Devices it used."),
        # When it was last.
        "since_last": SecondsSinceLast(description="How long ago it last tried a transfer."),
    },
    description="How an account is used to send.",
)
