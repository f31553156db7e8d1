"""Where the events about customers' identity come from, and whom the features are about."""

from millpond import Entity, EventSource

documents = EventSource(
    "documents",
    topic="kyc.document.submitted.v1",
    schema="schemas/kyc.document.submitted.v1.avsc",
    event_time="occurred_at",
    event_id="event_id",
    lateness="1d",
    full_history=True,
    owner="onboarding",
    description="Every document that was shown to prove who somebody is, with what the examination found.",
)

profiles = EventSource(
    "profiles",
    topic="accounts.profile.changed.v1",
    schema="schemas/accounts.profile.changed.v1.avsc",
    event_time="occurred_at",
    event_id="event_id",
    lateness="1d",
    full_history=True,
    owner="accounts",
    description="Every change of an address, phone, e-mail, password or device, by the holder or by somebody else.",
)

# Whom they are about, beside the accounts and devices of payments.
document = Entity("document", keys=["document_hash"])  # one document, by its picture
