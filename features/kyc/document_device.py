"""What became of the documents that a device photographed."""

from features.kyc import sources
from features.payments.sources import device
from millpond import Count, FeatureView, _

document_device = FeatureView(
    "document_device",
    version=1,
    owner="identity",
    entity=device,
    source=sources.documents,
    by={"device_id": _.device_id},
    windows=["24h"],
    precision="exact",
    features={
        "rejected": Count(where=_.result == "REJECTED", description="Documents it photographed that were rejected."),
    },
    description="What became of the documents that a device photographed.",
)
