from millpond import EventSource

other = EventSource(
    "other",
    topic="shop.other.v1",
    schema="schemas/shop.other.v1.avsc",
    event_time="at",
    lateness="1d",
    owner="tills",
)
