"""Who uses a device, and where."""

from features.bank import sources

from millpond import Count, CountNew, FeatureView, FirstK, Last, Sum, _

device = FeatureView(
    "device",
    version=1,
    owner="benchmarks",
    entity=sources.device,
    source=sources.transfers,
    by={"device_id": _.device_id},
    windows=["6h", "7d"],
    features={
        "times": Count(),
        "amount": Sum(_.amount),
        "accounts": CountNew(_.sender_id, keep="14d"),
        "recipients": FirstK(_.recipient_id, k=5, windows=["7d"]),
        "last": Last({"country": _.ip_country, "ip": _.ip}, windows=["7d"]),
    },
)
