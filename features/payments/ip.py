"""Who shares an Internet address."""

from features.payments import sources
from millpond import CountDistinct, FeatureView, _

ip = FeatureView(
    "ip",
    version=1,
    owner="fraud",
    entity=sources.ip,
    source=sources.transfers,
    by={"ip": _.ip},
    windows=["1h"],
    precision="exact",
    cap=500,  # events in a minute of an address that thousands share
    fallback="100%",
    features={"accounts": CountDistinct(_.sender_id, description="Accounts that sent from it.")},
    description="Who shares an Internet address.",
)
