"""features/shop/bad_topic.py:7: other: topic='shop sale' is not the name of a Kafka topic
  mend: use letters, digits, '.', '_' and '-'
"""

from millpond import EventSource

other = EventSource(
    "other",
    topic="shop sale",
    schema="schemas/shop.sale.v1.avsc",
    event_time="sold_at",
    event_id="sale_id",
    lateness="1d",
    owner="tills",
)
