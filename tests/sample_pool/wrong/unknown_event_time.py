"""features/shop/unknown_event_time.py:7: other: event_time: there is no field 'sold'
  mend: did you mean 'sold_at'?
"""

from millpond import EventSource

other = EventSource(
    "other",
    topic="shop.sale.v1",
    schema="schemas/shop.sale.v1.avsc",
    event_time="sold",
    event_id="sale_id",
    lateness="1d",
    owner="tills",
)
