from millpond import EventSource

sales = EventSource(
    "sales",
    topic="shop.sale.v2",
    schema="schemas/shop.sale.v1.avsc",
    event_time="sold_at",
    lateness="1d",
    owner="tills",
)
