"""features/shop/no_schema_file.py:7: other.schema: schemas/shop.sale.v2.avsc: there is no such schema file
  mend: write its path from the project's root
"""

from millpond import EventSource

other = EventSource(
    "other",
    topic="shop.sale.v1",
    schema="schemas/shop.sale.v2.avsc",
    event_time="sold_at",
    event_id="sale_id",
    lateness="1d",
    owner="tills",
)
