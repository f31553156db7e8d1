"""Where the retail events come from, and whom the features are about."""

from millpond import Entity, EventSource

lines_sold = EventSource(
    "lines_sold",
    topic="retail.line.sold.v1",
    schema="schemas/retail.line.sold.v1.avsc",
    event_time="sold_at",
    event_id="event_id",
    lateness="1d",
    full_history=True,
    owner="tills",
    description="Every line of every till receipt. Tills that were offline send theirs up to a day later.",
)

# Whom they are about.
household = Entity("household", keys=["household_id"])  # a family that shares one loyalty card
store = Entity("store", keys=["store_id"])  # a supermarket
household_store = Entity("household_store", keys=["household_id", "store_id"])  # a household at a store it goes to
product = Entity("product", keys=["product_id"])  # an article, as the barcode has it
basket = Entity("basket", keys=["basket_id"])  # one visit to the till: all lines of a receipt
