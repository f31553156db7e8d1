"""Payments, and the three entities each of them is about."""

from millpond import Entity, EventSource

payments = EventSource(
    "payments",
    topic="payments.payment.made.v1",
    schema="schemas/payments.payment.made.v1.avsc",
    event_time="made_at",
    event_id="event_id",
    lateness="1d",
    full_history=True,
    owner="benchmarks",
)

card = Entity("card", keys=["card_id"])
merchant = Entity("merchant", keys=["merchant_id"])
device = Entity("device", keys=["device_id"])
