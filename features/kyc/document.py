"""What became of a document each time it was shown."""

from features.kyc import sources
from millpond import Count, CountDistinct, FeatureView, _

document = FeatureView(
    "document",
    version=1,
    owner="identity",
    entity=sources.document,
    source=sources.documents,
    by={"document_hash": _.document_hash},
    windows=["24h"],
    precision="exact",
    features={
        "rejected": Count(where=_.result == "REJECTED", description="Times that it was rejected."),
        "accounts": CountDistinct(_.account_id, windows=["30d"], description="Accounts that it was shown for."),
    },
    description="What became of a document each time it was shown, and for how many accounts it was.",
)
