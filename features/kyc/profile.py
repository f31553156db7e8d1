"""How often an account's profile was changed: who takes an account over changes it first."""

from features.kyc import sources
from features.payments.sources import account
from millpond import Count, FeatureView, _

profile = FeatureView(
    "profile",
    version=1,
    owner="identity",
    entity=account,
    source=sources.profiles,
    by={"account_id": _.account_id},
    windows=["24h"],
    features={
        "changes": Count(description="Changes of the profile, of whatever kind."),
        "credentials": Count(
            where=_.field.isin(["PASSWORD", "DEVICE"]), description="Changes of what somebody logs in with."
        ),
    },
    description="How often an account's profile was changed.",
)
