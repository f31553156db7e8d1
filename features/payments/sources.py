"""Where the payment events come from, and whom the features are about."""

from millpond import Entity, EventSource

transfers = EventSource(
    "transfers",
    topic="payments.transfer.initiated.v1",
    schema="schemas/payments.transfer.initiated.v1.avsc",
    event_time="occurred_at",
    event_id="event_id",
    lateness="1d",
    full_history=True,
    owner="payments",
    description="Every transfer that was tried, whether the money moved or not.",
)

cards = EventSource(
    "cards",
    topic="payments.card.authorised.v1",
    schema="schemas/payments.card.authorised.v1.avsc",
    event_time="occurred_at",
    event_id="event_id",
    lateness="1d",
    full_history=True,
    owner="cards",
    description="Every question of a merchant whether a card may pay, with its answer.",
)

reports = EventSource(
    "reports",
    topic="payments.fraud.reported.v1",
    schema="schemas/payments.fraud.reported.v1.avsc",
    event_time="occurred_at",
    event_id="event_id",
    lateness="1d",
    full_history=True,
    owner="fraud desk",
    description="What was found out about a transfer, days after it. The time of a report is when it became known.",
)

# Whom they are about.
account = Entity("account", keys=["account_id"])  # one at this bank, or elsewhere
pair = Entity("pair", keys=["sender_id", "recipient_id"])  # an account, and one it pays
device = Entity("device", keys=["device_id"])  # a phone or computer
ip = Entity("ip", keys=["ip"])  # an Internet address
card = Entity("card", keys=["card_id"])
