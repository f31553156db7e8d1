"""What transfers are counted apart; each says in one place what it means."""

from functools import reduce
from operator import or_

from millpond import _, local_hour

moved = _.status == "COMPLETED"  # the money, that is
failed = _.status == "FAILED"

# From here on a transfer must be reported to the authorities; whoever splits an amount stays just below.
THRESHOLD = 10_000
just_below_threshold = (_.amount >= THRESHOLD * 9 // 10) & (_.amount < THRESHOLD)

round_amount = _.amount % 100 == 0

# Compliance decides which countries these are, and changes them with a new version of the views that count them.
HIGH_RISK = ["AE", "NG"]
into_high_risk = _.recipient_country.isin(HIGH_RISK) & (_.recipient_country != _.sender_country)

from_abroad = _.ip_country != _.sender_country

# A zone's rules stand in the plan, so those that customers live in are named; in any other it is never night.
ZONES = [
    "Africa/Lagos",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Dubai",
    "Asia/Singapore",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Paris",
    "Europe/Stockholm",
    "Europe/Warsaw",
    "Europe/Zurich",
]
DAYBREAK = 6
at_night = reduce(or_, [(_.sender_zone == zone) & (local_hour(_.occurred_at, zone) < DAYBREAK) for zone in ZONES])
