"""features/shop/schema_outside.py:7: other: schema='/etc/sale.avsc' is outside the project
  mend: write its path from the project's root: "schemas/…"
"""

from millpond import EventSource

other = EventSource(
    "other",
    topic="shop.sale.v1",
    schema="/etc/sale.avsc",
    event_time="sold_at",
    event_id="sale_id",
    lateness="1d",
    owner="tills",
)
