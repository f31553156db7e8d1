"""features/shop/bad_lateness.py:7: other: lateness: 'soon' is not a duration
  mend: write a whole number and a unit: 30s, 10m, 24h, 30d
"""

from millpond import EventSource

other = EventSource(
    "other",
    topic="shop.sale.v1",
    schema="schemas/shop.sale.v1.avsc",
    event_time="sold_at",
    event_id="sale_id",
    lateness="soon",
    owner="tills",
)
