"""The vectors that models of transfers read: before the money moves, and with the transfer."""

from features.kyc.document_device import document_device
from features.kyc.profile import profile
from features.payments import sources
from features.payments.account_habits import account_habits
from features.payments.account_in import account_in
from features.payments.account_out import account_out
from features.payments.account_pace import account_pace
from features.payments.card import card
from features.payments.device import device
from features.payments.ip import ip
from features.payments.pair import pair
from features.payments.reported import reported
from millpond import Derived, Feature, FeatureSet, _, haversine_km

HOUR = 3_600
DAY = 24 * HOUR

# A transfer is seen from both its ends: the same views, bound twice.
sender = account_out.bind("sender", account_id=_.sender_id)
habits = account_habits.bind("habits", account_id=_.sender_id)
pace = account_pace.bind("pace", account_id=_.sender_id)
recipient = account_in.bind("recipient", account_id=_.recipient_id)
onward = account_out.bind("onward", account_id=_.recipient_id)
holder = profile.bind("holder", account_id=_.sender_id)
reports = reported.bind("reports", account_id=_.recipient_id)


def speed_kmh(before: int) -> Derived:
    """How fast the sender must have travelled since its last place, of a week.

    Args:
        before: where that place stands in the lists of the last two: 0 where this transfer is left out of them.
    """
    km = haversine_km(_.request.lat, _.request.lon, _.sender.lats_7d[before], _.sender.lons_7d[before])
    seconds = _.request.occurred_at.epoch_seconds() - _.sender.located_at_7d[before].epoch_seconds()
    return Derived(
        "speed_kmh",
        km / (seconds / HOUR),
        description="How fast the sender must have travelled since the last transfer that says where it was, in km/h.",
    )


FEATURES: list[Feature | Derived] = [
    # How the sender is used to send.
    pace["attempts_10m"],
    pace["attempts_1h"],
    sender["attempts_24h"],
    sender["volume_24h"],
    sender["volume_7d"],
    habits["volume_30d"],
    Derived(
        "over_largest", _.request.amount / _.habits.largest_30d, description="The amount over the greatest of 30 days."
    ),
    Derived(
        "over_daily_mean",
        _.sender.volume_24h / (_.habits.volume_30d / 30),
        description="What the sender sent in 24 hours over its mean of a day, of 30 days.",
    ),
    Derived(
        "amount_z",
        (_.request.amount - _.habits.mean_90d) / _.habits.std_90d,
        description="By how many standard deviations the amount differs from the sender's mean of 90 days.",
    ),
    *(
        Derived(
            f"last_amount_{n}",
            _.habits.last_amounts_30d[n - 1],
            description=f"Of the sender's last amounts number {n}.",
        )
        for n in range(1, 6)
    ),
    Derived(
        "failed_share",
        _.sender.failures_24h / _.sender.attempts_24h,
        description="Which share of the sender's transfers of 24 hours failed.",
    ),
    habits["since_last_30d"],
    Derived(
        "days_since_first", _.pace.since_first_lifetime / DAY, description="For how many days the sender has sent."
    ),
    sender["round_amounts_24h"],
    sender["just_below_threshold_7d"],
    sender["currencies_7d"],
    sender["at_night_7d"],
    sender["recipients_7d"],
    habits["new_recipients_24h"],
    habits["into_high_risk_30d"],
    # With what, and from where.
    habits["devices_30d"],
    sender["funding_cards_24h"],
    sender["card_countries_24h"],
    sender["from_abroad_24h"],
    sender["ip_countries_24h"],
    *device.all(),
    *ip.all(),
    document_device["rejected_24h"],
    *holder.all(),
    # Who is paid.
    *pair.all(),
    *recipient.all(),
    reports["frauds_30d_delayed_7d"],
    Derived(
        "recipient_share",
        _.pair.volume_30d / _.habits.volume_30d,
        description="Which share of what the sender sent in 30 days went to this recipient.",
    ),
    Derived(
        "out_over_in",
        _.onward.volume_24h / _.recipient.inflow_24h,
        description="What the recipient sent on in 24 hours over what it received.",
    ),
    Derived(
        "fraud_rate",
        _.reports.frauds_30d_delayed_7d / _.recipient.transfers_30d_delayed_7d,
        description="Frauds reported about the recipient over transfers to it, of 30 days that ended a week ago.",
    ),
]

transfer_fraud = FeatureSet(
    "transfer_fraud",
    version=1,
    owner="fraud",
    request=sources.transfers,
    own_event="exclude",
    views=[onward],
    features=[*FEATURES, speed_kmh(before=0)],
    description="What was known before a transfer: is the money to move?",
)

transfer_monitoring = FeatureSet(
    "transfer_monitoring",
    version=1,
    owner="money laundering",
    request=sources.transfers,
    own_event="include",
    views=[onward],
    features=[*FEATURES, speed_kmh(before=1), reports["frauds_30d"], *card.all()],
    description="What is known with a transfer: is somebody to look at the account?",
)
