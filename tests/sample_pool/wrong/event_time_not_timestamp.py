"""features/shop/event_time_not_timestamp.py:7: other: event_time: the field 'quantity' is of type int
  mend: name a timestamp-millis or -micros
"""

from millpond import EventSource

other = EventSource(
    "other",
    topic="shop.sale.v1",
    schema="schemas/shop.sale.v1.avsc",
    event_time="quantity",
    event_id="sale_id",
    lateness="1d",
    owner="tills",
)
