"""For how many accounts a document is shown."""

from features.bank import sources

from millpond import Count, CountDistinct, FeatureView, _

document = FeatureView(
    "document",
    version=1,
    owner="benchmarks",
    entity=sources.document,
    source=sources.documents,
    by={"document_hash": _.document_hash},
    windows=["24h", "30d"],
    features={
        "shown": Count(),
        "accounts": CountDistinct(_.account_id),
    },
)
