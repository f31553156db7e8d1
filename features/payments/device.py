"""Who uses a device, and how new it is."""

from features.payments import sources
from millpond import LIFETIME, CountDistinct, FeatureView, SecondsSinceFirst, _

device = FeatureView(
    "device",
    version=1,
    owner="fraud",
    entity=sources.device,
    source=sources.transfers,
    by={"device_id": _.device_id},
    windows=["7d"],
    precision="exact",
    cap=500,  # events in a day of the busiest
    fallback="100%",
    features={
        "accounts": CountDistinct(_.sender_id, description="Accounts that sent with it."),
        "since_first": SecondsSinceFirst(windows=[LIFETIME], description="How long ago it was first sent with."),
    },
    description="Who uses a device, and since when.",
)
