"""The simulator's topics, and whom they are about."""

from millpond import Entity, EventSource

transfers = EventSource(
    "transfers",
    topic="payments.transfer.initiated.v1",
    schema="schemas/payments.transfer.initiated.v1.avsc",
    event_time="occurred_at",
    event_id="event_id",
    lateness="1d",
    owner="benchmarks",
)
cards = EventSource(
    "cards",
    topic="payments.card.authorised.v1",
    schema="schemas/payments.card.authorised.v1.avsc",
    event_time="occurred_at",
    event_id="event_id",
    lateness="1d",
    owner="benchmarks",
)
documents = EventSource(
    "documents",
    topic="kyc.document.submitted.v1",
    schema="schemas/kyc.document.submitted.v1.avsc",
    event_time="occurred_at",
    event_id="event_id",
    lateness="1d",
    owner="benchmarks",
)
profiles = EventSource(
    "profiles",
    topic="accounts.profile.changed.v1",
    schema="schemas/accounts.profile.changed.v1.avsc",
    event_time="occurred_at",
    event_id="event_id",
    lateness="1d",
    owner="benchmarks",
)

account = Entity("account", keys=["account_id"])
pair = Entity("pair", keys=["sender_id", "recipient_id"])
device = Entity("device", keys=["device_id"])
card = Entity("card", keys=["card_id"])
merchant = Entity("merchant", keys=["merchant_id"])
document = Entity("document", keys=["document_hash"])
