"""features/shop/event_id_not_id.py:7: other: event_id: the field 'amount' is of type decimal(10,2)
  mend: name a string or a whole number
"""

from millpond import EventSource

other = EventSource(
    "other",
    topic="shop.sale.v1",
    schema="schemas/shop.sale.v1.avsc",
    event_time="sold_at",
    event_id="amount",
    lateness="1d",
    owner="tills",
)
