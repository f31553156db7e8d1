"""features/shop/event_time_of_a_record.py:7: event_time_of_a_record: event_time: _.address is a record, not a value
  mend: write a field of it, such as _.address.city
"""

from millpond import EventSource

event_time_of_a_record = EventSource(
    "event_time_of_a_record",
    topic="shop.sale.v1",
    schema="schemas/shop.sale.v1.avsc",
    event_time="address",
    lateness="1d",
    owner="tills",
)
