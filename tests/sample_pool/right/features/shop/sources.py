"""Where the shop's events come from, and whom they are about."""

from millpond import Entity, EventSource

customer = Entity("customer", keys=["customer_id"])
customer_store = Entity("customer_store", keys=["customer_id", "store_id"])
article = Entity("article", keys=["article_id"])

sales = EventSource(
    "sales",
    topic="shop.sale.v1",
    schema="schemas/shop.sale.v1.avsc",
    event_time="sold_at",
    event_id="sale_id",
    lateness="1d",
    owner="tills",
)

# Every record an event of its own, and nothing before it.
replayed_sales = EventSource(
    "replayed_sales",
    topic="shop.sale-history.v1",
    schema="schemas/shop.sale.v1.avsc",
    event_time="sold_at",
    lateness="12h",
    owner="tills",
    full_history=True,
    description="The same, read back from the archive.",
)
